"""What master and workers say to each other over Locust's own channel, and in which order."""

from __future__ import annotations

from typing import Final

#: master -> worker: your shard, and where plan, stack and journal are.
PREPARE: Final = "tinhmau-prepare"
#: worker -> master: plan read, journal open, every crowd in place.
READY: Final = "tinhmau-ready"
#: master -> worker: run second 0 is at this moment, a little ahead.
BEGIN: Final = "tinhmau-begin"
#: worker -> master: every journey of the shard is over; a swift worker adds its summary (loadtests/swift/worker.py).
DONE: Final = "tinhmau-done"
#: worker -> master: cannot go on, and why.
BROKEN: Final = "tinhmau-broken"
