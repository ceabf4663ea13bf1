"""Pulumi components, one a file: `(name, layout or args, opts)`, children named `f"{name}-…"` with `parent=self`."""
