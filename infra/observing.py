"""What a monitoring system needs to watch a stack: Prometheus's configuration, its alerts, and a Grafana dashboard.

Every service answers `/metrics` in Prometheus's text (docs/wire.md). Nothing here talks to anybody: these are files
that Prometheus (2.40 or newer) and Grafana (9 or newer) read as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.stack import Stack
from simulation.text import Language, Text

PROMETHEUS, ALERTS, DASHBOARD = "prometheus.yml", "alerts.yml", "dashboard.json"
_EVERY_SECONDS = 5  #: assumed: a compressed day's minute is about a second; a real province may take 15
_WINDOW = "1m"
_SERVER_ERRORS = f'sum by (job) (rate(http_answers_total{{status=~"5.."}}[{_WINDOW}]))'
_FAILED_CALLS = f'sum by (provider) (rate(lgsp_calls_total{{outcome!="answered"}}[{_WINDOW}]))'

#: Alert → (expression, for how long, what it means). Bounds are assumed: a province sets its own.
_ALERTS: Mapping[str, tuple[str, str, Text]] = {
    "ServiceDown": ("up == 0", "15s", Text("Dịch vụ không trả lời.", "A service does not answer.")),
    "ServerErrors": (
        f"{_SERVER_ERRORS} / sum by (job) (rate(http_answers_total[{_WINDOW}])) > 0.01",
        "1m",
        Text("Hơn 1 % câu trả lời là lỗi máy chủ.", "More than 1 % of the answers are server errors."),
    ),
    "SlowAnswers": (
        "histogram_quantile(0.95, sum by (job, le) (rate(http_request_seconds_bucket[1m]))) > 2",
        "1m",
        Text("Phân vị 95 quá 2 giây.", "The 95th percentile is above 2 seconds."),
    ),
    "CallsFail": (
        f"{_FAILED_CALLS} / sum by (provider) (rate(lgsp_calls_total[{_WINDOW}])) > 0.05",
        "1m",
        Text("Hơn 5 % lời gọi qua LGSP không thành.", "More than 5 % of the calls over the LGSP fail."),
    ),
}
#: Panel → (what Prometheus is asked, legend, unit in Grafana's words).
_PANELS: tuple[tuple[Text, str, str, str], ...] = (
    (Text("Dịch vụ có trả lời", "Services that answer"), "up", "{{job}}", "bool_yes_no"),
    (Text("Câu trả lời mỗi giây", "Answers a second"),
     f"sum by (job) (rate(http_answers_total[{_WINDOW}]))", "{{job}}", "reqps"),
    (Text("Lỗi máy chủ mỗi giây", "Server errors a second"),
     _SERVER_ERRORS, "{{job}}", "reqps"),
    (Text("Thời gian trả lời, trung vị", "Time to answer, median"),
     f"histogram_quantile(0.5, sum by (job, le) (rate(http_request_seconds_bucket[{_WINDOW}])))", "{{job}}", "s"),
    (Text("Thời gian trả lời, phân vị 95", "Time to answer, 95th percentile"),
     f"histogram_quantile(0.95, sum by (job, le) (rate(http_request_seconds_bucket[{_WINDOW}])))", "{{job}}", "s"),
    (Text("Lời gọi qua LGSP theo nơi cung cấp", "Calls over the LGSP by provider"),
     f"sum by (provider, outcome) (rate(lgsp_calls_total[{_WINDOW}]))", "{{provider}} {{outcome}}", "reqps"),
    (Text("Bộ nhớ", "Memory"), "process_resident_memory_bytes", "{{job}}", "bytes"),
    (Text("Bộ xử lý", "Processor"),
     f"sum by (job) (rate(process_cpu_seconds_total[{_WINDOW}]))", "{{job}}", "percentunit"),
)  # fmt: skip


def write(stack: Stack, folder: Path, *, language: Language) -> tuple[Path, ...]:
    """Write the three files; returns their paths. They hold addresses and no secret."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        PROMETHEUS: configuration(stack),
        ALERTS: alerts(language),
        DASHBOARD: dashboard(stack, language),
    }
    paths = []
    for name, value in content.items():
        path = folder / name
        # JSON is YAML too, and needs no library to write.
        path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        paths.append(path)
    return tuple(paths)


def configuration(stack: Stack) -> dict[str, Any]:
    """What Prometheus asks, how often; a job for each service, by its one name."""
    return {
        "global": {
            "scrape_interval": f"{_EVERY_SECONDS}s",
            "evaluation_interval": f"{_EVERY_SECONDS}s",
            "external_labels": {"province": stack.province, "era": stack.era, "stack": stack.name},
        },
        "rule_files": [ALERTS],
        "scrape_configs": [
            {
                "job_name": service,
                "scheme": urlsplit(address).scheme,
                "metrics_path": f"{urlsplit(address).path.rstrip('/')}/metrics",
                "static_configs": [{"targets": [urlsplit(address).netloc]}],
            }
            for service, address in sorted(stack.endpoints.items())
        ],
    }


def alerts(language: Language) -> dict[str, Any]:
    """When somebody has to be woken."""
    rules = [
        {"alert": name, "expr": expression, "for": lasting, "annotations": {"summary": meaning.into(language)}}
        for name, (expression, lasting, meaning) in _ALERTS.items()
    ]
    return {"groups": [{"name": "tinhmau", "rules": rules}]}


def dashboard(stack: Stack, language: Language) -> dict[str, Any]:
    """Two panels a row, over the last quarter of an hour."""
    panels = [
        {
            "id": number + 1,
            "type": "timeseries",
            "title": title.into(language),
            "gridPos": {"x": 12 * (number % 2), "y": 8 * (number // 2), "w": 12, "h": 8},
            "datasource": {"type": "prometheus", "uid": "${source}"},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "targets": [{"refId": "A", "expr": expression, "legendFormat": legend}],
        }
        for number, (title, expression, legend, unit) in enumerate(_PANELS)
    ]
    return {
        "title": f"Tỉnh Mẫu: {stack.province}",
        "uid": "tinhmau",
        "schemaVersion": 38,
        "refresh": f"{_EVERY_SECONDS}s",
        "time": {"from": "now-15m", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": panels,
    }


def metrics_asked() -> frozenset[str]:
    """Every expression that alerts and panels use, to be held against what services really say."""
    return frozenset({expression for expression, _, _ in _ALERTS.values()} | {panel[1] for panel in _PANELS})
