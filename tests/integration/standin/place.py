"""A program that places a stack of stand-ins, for tests that have to end or run the *command* in some way.

usage: place.py FOLDER MODE, where MODE is `wait` (attached, waits on its standard input), `leave` (detached, ends at
once) or `turn` (attached, removes the stack itself). Prints the stack as one JSON line.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec

from infra.local.target import LocalTarget, Options
from standin import samples


def main() -> None:
    """Place, tell, and do as the mode says."""
    folder, mode = Path(sys.argv[1]), sys.argv[2]
    target = LocalTarget(Options(commands=samples.COMMANDS, attached=mode != "leave"))
    stack = samples.place(target, folder)
    print(msgspec.json.encode(stack).decode(), flush=True)  # noqa: T201 -- this is what it is for
    if mode == "wait":
        sys.stdin.read()
    elif mode == "turn":
        target.remove(stack)


if __name__ == "__main__":
    main()
