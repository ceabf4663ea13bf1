"""Exit codes, so that scripts and CI can tell the answers apart."""

from __future__ import annotations

KEPT = 0  #: every law and requirement kept
BROKEN = 1  #: at least one broken
UNKNOWN = 2  #: at least one could not be told
BAD_INPUT = 64  #: what the user gave cannot be used (EX_USAGE)
OUR_FAULT = 70  #: something of ours failed (EX_SOFTWARE)
INTERRUPTED = 130  #: Ctrl-C

OF_ANSWER = {"KEPT": KEPT, "BROKEN": BROKEN, "UNKNOWN": UNKNOWN}
