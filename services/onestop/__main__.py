"""Run the one-stop: `python -m services.onestop`."""

from services.kit.serve import serve
from services.onestop.app import build

serve(build, destinations=("portal", "national"))
