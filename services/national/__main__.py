"""Run the national counterparts: `python -m services.national`."""

from services.kit.serve import serve
from services.national.app import build

serve(build, destinations=("portal", "onestop"))
