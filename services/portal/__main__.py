"""Run the portal: `python -m services.portal`."""

from services.kit.serve import serve
from services.portal.app import build

serve(build, destinations=("onestop",))
