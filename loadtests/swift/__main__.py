"""Start a swift worker: `python -m loadtests.swift --master-host HOST --master-port PORT`.

Locust's master is started as ever: `locust -f loadtests/locustfile.py --master`. Workers of both kinds may join it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import uvloop

from loadtests import guard
from loadtests.swift.master_line import MasterGoneError, MasterLine
from loadtests.swift.worker import SwiftWorker


async def _serve(given: argparse.Namespace) -> None:
    line = MasterLine(given.master_host, given.master_port)
    try:
        await SwiftWorker(line, most_under_way=given.most_under_way, permission=given.permission).serve()
    finally:
        line.close()


def main(arguments: list[str]) -> None:
    """Serve one master until it says quit."""
    parser = argparse.ArgumentParser(prog="loadtests.swift", description=__doc__)
    parser.add_argument("--master-host", default="127.0.0.1")
    parser.add_argument("--master-port", type=int, default=5557)
    parser.add_argument("--permission", type=Path, default=guard.named_in())
    parser.add_argument("--most-under-way", type=int, default=5000)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="[%(asctime)s] %(levelname)s/%(name)s: %(message)s")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(given))
    except* MasterGoneError as group:
        sys.exit("; ".join(str(error) for error in group.exceptions))


if __name__ == "__main__":
    main(sys.argv[1:])
