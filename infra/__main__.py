"""What the Pulumi engine starts. It puts this folder first on the path and works in it; we want the checkout's root."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
# A module of this folder must never stand in for a library of the same name; what we import starts with `infra.`.
sys.path[:] = [str(_HERE.parent), *(entry for entry in sys.path if Path(entry or ".").resolve() != _HERE)]

try:
    from infra.program.main import run
except ModuleNotFoundError as error:
    sys.stderr.write(
        f"✗ Thiếu “{error.name}”. Chạy `make test` một lần trong thư mục dự án để cài .venv, rồi chạy lại.\n"
        f"✗ “{error.name}” is missing. Run `make test` once in the checkout, which installs .venv, then try again.\n"
    )
    sys.exit(1)

run()
