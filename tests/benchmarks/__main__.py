"""Run benchmarks: `python -m tests.benchmarks [name …]`. Exit 1 when an answer is wrong, 0 otherwise."""

from __future__ import annotations

import sys

from tests.benchmarks.collector import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
