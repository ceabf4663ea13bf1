"""What the Pulumi engine starts. The pack's SDK needs another protobuf than Pulumi's own, so it has a venv to itself.

`make policy` makes that venv. Not every language host follows the option `virtualenv` of PulumiPolicy.yaml (the one
that is built from Go modules does not), so the program goes over to it by itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_VENV = _HERE / ".venv"
_PYTHON = _VENV / "bin" / "python"

if Path(sys.prefix) != _VENV:
    if not _PYTHON.exists():
        sys.exit(
            f"The policy pack's packages are not installed in {_VENV}. Run: make policy\n"
            "Chưa cài các gói của bộ luật. Chạy: make policy"
        )
    os.execv(_PYTHON, [str(_PYTHON), str(_HERE), *sys.argv[1:]])  # noqa: S606 -- our own interpreter

sys.path[0] = str(_HERE.parents[1])  # instead of this folder, whose files have names of their own

from infra.policy_pack import pack  # noqa: E402 -- in that venv, and from there

pack.serve()
