"""The Pulumi program: stack configuration → layout (pure) → components on OpenStack. `infra/__main__.py` starts it."""
