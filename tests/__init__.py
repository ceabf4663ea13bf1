"""The tests. A package, because an installed library (Ciw) brings a package of the same name."""
