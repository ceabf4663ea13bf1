"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from loadtests.drive import GENERATORS
from tinhmau.language import t

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
NUMBER = t("SỐ", "NUMBER")
NAME = t("TÊN", "NAME")
FOLDER = t("THƯ_MỤC", "FOLDER")
FILE = t("TỆP", "FILE")

scenario: Decorator = click.option(
    "--scenario",
    default="ben_tre_2018",
    show_default=True,
    metavar=NAME,
    help=t("Kịch bản: ben_tre_2018, toy, …", "Scenario: ben_tre_2018, toy, …"),
)
target: Decorator = click.option(
    "--target",
    default="local",
    show_default=True,
    metavar=NAME,
    help=t(
        "Nơi chạy: local (tiến trình trên máy này) hoặc docker (Pulumi dựng các vùng mạng bằng Docker).",
        "Where to run: local (processes on this machine) or docker (Pulumi builds the zones with Docker).",
    ),
)
seed: Decorator = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=20180822,
    show_default=True,
    metavar=NUMBER,
    help=t("Mầm ngẫu nhiên: cùng mầm, cùng kế hoạch.", "Random seed: same seed, same plan."),
)
runs: Decorator = click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    metavar=FOLDER,
    help=t("Nơi đặt thư mục các lần chạy.", "Where run folders are kept."),
)
workers: Decorator = click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    metavar=NUMBER,
    help=t("Số tiến trình sinh tải (Locust).", "Processes of the load generator (Locust)."),
)
generator: Decorator = click.option(
    "--generator",
    type=click.Choice(GENERATORS),
    default="swift",
    show_default=True,
    help=t(
        "Tiến trình sinh tải dưới Locust: “swift” trên uvloop, hoặc “locust” với người dùng của chính Locust.",
        "What walks under Locust's master: “swift” on uvloop, or “locust” with Locust's own users.",
    ),
)
standby: Decorator = click.option(
    "--standby",
    is_flag=True,
    help=t(
        "Thêm một máy chủ PostgreSQL dự phòng có đủ mọi giao dịch đã xác nhận (chỉ đích docker).",
        "Add a standby PostgreSQL server that has every acknowledged transaction (target docker only).",
    ),
)
permission: Decorator = click.option(
    "--permission",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    metavar=FILE,
    help=t(
        "Tệp cho phép của chủ hệ thống; cần khi hệ thống không ở trên máy này.",
        "The owner's permission file; needed where the stack is not on this machine.",
    ),
)
ports: Decorator = click.option(
    "--port-base",
    type=click.IntRange(1024, 65000),
    default=None,
    metavar=t("CỔNG", "PORT"),
    help=t(
        "Cổng đầu tiên cho các dịch vụ; mặc định dùng cổng trống bất kỳ.",
        "First port of the services; any free ports by default.",
    ),
)
fault: Decorator = click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="kill:SERVICE@HH:MM",
    help=t(
        "Gây sự cố giữa lúc chạy, ví dụ kill:portal@10:30; dùng được nhiều lần.",
        "Strike with a fault, e.g. kill:portal@10:30; may be given more than once.",
    ),
)
page: Decorator = click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    metavar=FILE,
    help=t("Viết thêm một trang HTML có hình vẽ, một tệp duy nhất.", "Also write one HTML file with drawings."),
)
run: Decorator = click.argument(
    "run", required=False, type=click.Path(path_type=Path), metavar=t("[LẦN_CHẠY]", "[RUN]")
)


def say_language(command: click.Command) -> None:
    """Let a command's help tell of `--lang`, which tinhmau.language takes before click sees the arguments."""
    option = click.Option(
        ["--lang"],
        metavar="vi|en",
        expose_value=False,
        help=t("Ngôn ngữ (hoặc biến TINHMAU_LANG).", "Language (or the variable TINHMAU_LANG)."),
    )
    command.params.append(option)
