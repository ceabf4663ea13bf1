"""The local target: supervised processes on 127.0.0.1 and an embedded PostgreSQL. No Docker, no engine, no network.

`infra.local.target` places and removes stacks; `infra.local.supervisor` is the process that keeps one alive.
"""

from infra.local.folder import sweep

__all__ = ["sweep"]
