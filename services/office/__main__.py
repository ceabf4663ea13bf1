"""Run the office: `python -m services.office`."""

from __future__ import annotations

from services.kit.serve import serve
from services.office.app import build

serve(build, destinations=("dochub",), max_body_bytes=16 << 20)  # envelopes that the hub pushes
