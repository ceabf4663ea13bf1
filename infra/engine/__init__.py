"""The Pulumi engine: where it is, and how to get one."""
