"""Pulumi components over the project's own provider, one a file; children are named after them, `parent=self`."""
