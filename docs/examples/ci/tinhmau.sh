#!/usr/bin/env bash
# What every workflow beside this file runs. Into out/: JUnit, a Markdown summary for the change request, run folders.
#   quick    every change, within 5 minutes: a day of the toy province, laws, requirements and objectives.toml
#   nightly  the highest load that keeps the objectives, and what gives way first (CAPACITY_SCENARIO)
#   soak     half an hour round the clock (SOAK_SCENARIO), held against soak.toml
# BASELINE=FOLDER: an earlier run folder; objectives that are clearly worse than there are broken.
set -euo pipefail
cd "$(dirname "$0")"
TIER=${1:-quick}
PYTHON=${PYTHON:-python3}
mkdir -p out
checked() {
  "$PYTHON" -m pytest -q -m "$1" --tinhmau-runs out/runs --junit-xml "out/junit-$TIER.xml" \
    --tinhmau-summary "out/summary-$TIER.md" --tinhmau-baseline "${BASELINE:-}" .
}
case $TIER in
  quick) checked "not soak" ;;
  soak) checked soak ;;
  nightly) "$PYTHON" -m tinhmau capacity "${CAPACITY_SCENARIO:-toy_plateau}" --runs out/runs --markdown out/summary-nightly.md ;;
  *) echo "tinhmau.sh quick | nightly | soak"; exit 64 ;;
esac
