"""Run the portal: `python -m services.portal`."""

from services.kit.serve import serve
from services.portal.app import build

serve(build, destinations=("onestop", "national"), max_body_bytes=20 << 20)  # a form with the scans that go with it
