"""Run the document hub: `python -m services.dochub`."""

from __future__ import annotations

from services.dochub.app import build
from services.dochub.pushing import OFFICE
from services.kit.serve import serve

serve(build, destinations=(OFFICE,), max_body_bytes=16 << 20)
