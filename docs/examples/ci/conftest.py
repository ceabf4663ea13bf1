"""All it takes: the plugin."""

pytest_plugins = ["tinhmau.pytest_plugin"]
