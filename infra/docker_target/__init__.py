"""The Docker target: the blueprint through the real Pulumi engine, zones as networks, nothing published but loopback.

Never a module named `docker` here: it would stand in for the library (docs/adr/0018).
"""
