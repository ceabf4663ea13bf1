"""Run the LGSP: `python -m services.lgsp`."""

from services.kit.serve import serve
from services.lgsp.app import build

serve(build, max_body_bytes=16 << 20)
