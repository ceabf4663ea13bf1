"""Run the document hub: `python -m services.dochub`."""

from __future__ import annotations

from services.dochub.app import build
from services.kit.serve import serve

serve(build, max_body_bytes=16 << 20)
