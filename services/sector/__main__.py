"""Run the neighbours: `python -m services.sector`."""

from services.kit.serve import serve
from services.sector.app import build

serve(build, destinations=("national",))
