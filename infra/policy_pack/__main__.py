"""What `pulumi-analyzer-policy-tinhmau` runs, in the venv that `make policy` makes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])  # instead of this folder, whose files have names of their own

from infra.policy_pack import pack  # noqa: E402 -- from there

pack.serve()
