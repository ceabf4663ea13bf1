#!/usr/bin/env bash
# What every workflow beside this file runs: tinhmau.sh quick (about 5 minutes) or tinhmau.sh nightly. JUnit and run folders in out/.
set -eu
cd "$(dirname "$0")"
TIER=${1:-quick}
PYTHON=${PYTHON:-python3}
mkdir -p out
case $TIER in
  quick) "$PYTHON" -m pytest -q --tinhmau-runs out/runs --junit-xml out/junit.xml . ;;
  nightly) "$PYTHON" -m tinhmau capacity toy --runs out/runs ;;
  *) echo "tinhmau.sh quick | nightly"; exit 64 ;;
esac
