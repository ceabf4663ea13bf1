"""What Prometheus and Grafana are given: every service is asked, and only for what services say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from load_fake_world import STACK

from infra import observing

_ROOT = Path(__file__).resolve().parents[2]
_RUNS = msgspec.structs.replace(
    STACK,
    audit_token="never-written",
    endpoints={"portal": "https://dichvucong.example.vn/cong", "lgsp": "http://127.0.0.1:8002"},
)
#: Families that Prometheus's own client and Prometheus itself make.
_OF_THE_CLIENT = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}
_NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|\bup\b")
_OF_THE_LANGUAGE = {"histogram_quantile"}


def test_each_service_is_a_job_asked_where_it_answers() -> None:
    """With its scheme, its port and the path before it; the official name is the job's."""
    jobs = {job["job_name"]: job for job in observing.configuration(_RUNS)["scrape_configs"]}

    assert set(jobs) == {"portal", "lgsp"}
    assert jobs["portal"]["scheme"] == "https"
    assert jobs["portal"]["metrics_path"] == "/cong/metrics"
    assert jobs["lgsp"]["static_configs"] == [{"targets": ["127.0.0.1:8002"]}]


def test_alerts_and_panels_ask_only_for_what_services_say() -> None:
    """A metric that was renamed leaves no empty panel and no alert that never fires."""
    said = set(_OF_THE_CLIENT)
    for path in (_ROOT / "services").rglob("*.py"):
        for kind, name in re.findall(r'(Counter|Gauge|Histogram)\(\s*"([a-z_]+)"', path.read_text("utf-8")):
            said |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "Histogram" else {name}

    for expression in observing.metrics_asked():
        names = set(_NAME.findall(re.sub(r"\{[^}]*\}", "", expression))) - _OF_THE_LANGUAGE
        assert names
        assert names <= said, expression


def test_a_call_that_was_answered_is_no_failure() -> None:
    """The alert on failing calls leaves out just the outcome that the LGSP gives to what a provider has answered."""
    gateway = (_ROOT / "services" / "lgsp" / "gateway.py").read_text("utf-8")
    (left_out,) = {word for asked in observing.metrics_asked() for word in re.findall(r'outcome!="(\w+)"', asked)}

    assert f'Answer("{left_out}"' in gateway


def test_the_files_are_written_without_a_secret(tmp_path: Path) -> None:
    """Addresses only: `/metrics` needs no token."""
    paths = observing.write(_RUNS, tmp_path / "out", language="vi")

    assert [path.name for path in paths] == ["prometheus.yml", "alerts.yml", "dashboard.json"]
    for path in paths:
        assert json.loads(path.read_text("utf-8"))
        assert _RUNS.audit_token not in path.read_text("utf-8")
    assert "Phân vị 95 quá 2 giây." in paths[1].read_text("utf-8")


@pytest.mark.needs("promtool")
def test_prometheus_takes_the_configuration_and_the_alerts(tmp_path: Path) -> None:
    """By its own checker."""
    configuration, *_ = observing.write(_RUNS, tmp_path, language="en")
    promtool = shutil.which("promtool")
    assert promtool

    done = subprocess.run([promtool, "check", "config", configuration], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 rules found" in done.stdout
