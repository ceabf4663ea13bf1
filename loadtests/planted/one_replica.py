"""`one-process`: a service of one process whose requests cost so much that one processor is not enough for it."""

import sys

from loadtests.planted.bottleneck import Bottleneck

KIND = "one-process"
#: Runs the service as it is, but lets every request of a client burn 12 ms of processor time first.
_HEAVIER = """
import runpy, time
from services.kit.gate import Gate
serve = Gate.__call__
async def heavier(self, scope, receive, send):
    if scope["type"] == "http" and scope["path"].startswith(("/api", "/procedures", "/vnedu", "/his")):
        until = time.thread_time() + 0.012
        while time.thread_time() < until:
            pass
    await serve(self, scope, receive, send)
Gate.__call__ = heavier
runpy.run_module("services.{service}", run_name="__main__")
"""


def plant(service: str) -> Bottleneck:
    """Make the service's requests heavier."""
    code = _HEAVIER.replace("{service}", service)
    return Bottleneck(kind=KIND, service=service, command=(sys.executable, "-P", "-c", code))
