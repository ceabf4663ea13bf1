"""What the three products have in common inside: the rules of a one-stop, and the places where they can be broken."""
