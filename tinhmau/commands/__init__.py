"""The commands of `tinhmau`, one file each; a file is only imported when its command is called."""

from __future__ import annotations

from importlib import import_module, metadata

import click
import msgspec

from simulation.text import Text
from tinhmau import interrupts
from tinhmau.language import say, t


class Row(msgspec.Struct, frozen=True):
    """Where a command is, and what it is for in a few words."""

    module: str  #: below tinhmau.commands
    attribute: str
    purpose: Text


#: In the order of the flow, by the name that is typed.
COMMANDS = {
    "verify": Row(
        "verify",
        "command",
        Text("việc chính: dựng tỉnh, cho chạy một ngày, kết luận", "the main job, from plan to verdict"),
    ),
    "up": Row("stack", "up", Text("dựng tỉnh và để chạy, để xem quanh", "leave a province running to look around")),
    "status": Row(
        "stack", "status", Text("dịch vụ nào đang chạy, ở đâu, ra sao", "what is running, where, and how it is")
    ),
    "down": Row("stack", "down", Text("dừng những gì “up” đã để chạy", "stop what “up” left running")),
    "restore": Row(
        "restore", "command", Text("phục hồi tỉnh đã mất từ bản sao lưu", "a lost province from its backup")
    ),
    "observe": Row(
        "observe", "command", Text("tệp cho Prometheus và Grafana theo dõi", "files for Prometheus and Grafana")
    ),
    "drive": Row(
        "drive", "command", Text("cho một ngày diễn ra ở tỉnh đang chạy", "let a day happen in a running province")
    ),
    "rollout": Row(
        "rollout",
        "command",
        Text("93 bộ, tỉnh lần lượt nối LGSP, diễn trên tỉnh đang chạy", "the LGSPs of the nation come, played"),
    ),
    "simulate": Row("simulate", "command", Text("cùng ngày đó trong thời gian ảo", "the same day in virtual time")),
    "year": Row(
        "year", "command", Text("cả năm trong thời gian ảo, và “nếu như”", "a whole year in virtual time, and what if")
    ),
    "troubles": Row("troubles", "command", Text("mỗi nỗi khổ tốn kém bao nhiêu", "what each trouble costs in a year")),
    "figures": Row(
        "figures",
        "command",
        Text("số liệu báo chí bên cạnh số mô phỏng", "what the press published beside our figures"),
    ),
    "nation": Row(
        "nation", "command", Text("một năm của mọi tỉnh, trên nhiều tiến trình", "a year of all provinces, on workers")
    ),
    "judge": Row("judge", "command", Text("kết luận lại một lần chạy", "the verdict on a run again")),
    "objectives": Row(
        "objectives",
        "command",
        Text("so một lần chạy với tệp mục tiêu hoặc lần chạy trước", "a run against objectives or an earlier run"),
    ),
    "capacity": Row(
        "capacity",
        "command",
        Text("tải cao nhất còn giữ mục tiêu, và chỗ nghẽn", "the highest load that holds, and what sets the limit"),
    ),
    "twin": Row(
        "twin", "group", Text("đo vài mức tải, dự báo mức chưa ai thử", "measure a few loads, forecast the others")
    ),
    "report": Row("report", "command", Text("báo cáo của một lần chạy ở đâu", "where a run's report is")),
    "province": Row("province", "command", Text("một tỉnh gồm những gì", "what a province consists of")),
    "bid": Row(
        "bid", "group", Text("hồ sơ dự thầu: kiểm tra, so sánh, gói bằng chứng", "bids: tried, compared, packed")
    ),
    "conformance": Row(
        "conformance",
        "command",
        Text("phần mềm một cửa của nhà cung cấp có khớp không", "whether a vendor's one-stop product fits"),
    ),
    "population": Row(
        "population", "command", Text("sinh dân cư ra tệp Parquet", "a synthetic population as Parquet files")
    ),
    "plan": Row(
        "plan", "command", Text("phải thuê gì, giá bao nhiêu một tháng", "what to rent, and the price a month")
    ),
    "engine": Row("engine", "command", Text("tìm hoặc cài Pulumi engine", "find or get a Pulumi engine")),
    "doctor": Row("doctor", "command", Text("máy này có đủ không, thiếu gì", "whether this machine will do")),
}


class _Later(click.Command):
    """A command of which only name and purpose are known yet."""

    def __init__(self, name: str, row: Row) -> None:
        super().__init__(name, short_help=say(row.purpose))
        self._row = row

    def load(self) -> click.Command:
        """Import the command itself."""
        from tinhmau.commands import options  # noqa: PLC0415 -- its help texts are made when it is imported

        module = import_module(f"tinhmau.commands.{self._row.module}")
        # Again: when polars is imported it puts a handler of its own before ours, with which a blocking read goes on.
        interrupts.listen()
        command: click.Command = getattr(module, self._row.attribute)
        options.say_language(command)
        return command


class _Top(click.Group):
    """Lists its commands in the order of the flow, and loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names as they were added."""
        del ctx
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Load the command that was named."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, _Later) else command, rest


def group() -> click.Group:
    """Put the commands together, in the language of this process."""
    from tinhmau.commands import options  # noqa: PLC0415 -- its help texts are made when it is imported

    top = _Top(
        name="tinhmau",
        help=t(
            "Tỉnh Mẫu: dựng một tỉnh mẫu, cho chạy, và kết luận.\n\n"
            "Mã thoát: 0 đạt, 1 không đạt, 2 chưa kết luận được, 64 dữ liệu vào sai, 70 lỗi của tinhmau, "
            "130 dừng bằng Ctrl-C.",
            "A model province you can build, load and judge.\n\nExit codes: 0 kept, 1 broken, 2 unknown, 64 bad input, "
            "70 a fault of tinhmau's own, 130 stopped by Ctrl-C.",
        ),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
        epilog=t("Bắt đầu: tinhmau verify --scenario toy", "To begin: tinhmau verify --scenario toy"),
    )
    for name, row in COMMANDS.items():
        top.add_command(_Later(name, row))
    options.say_language(top)
    return click.version_option(metadata.version("tinhmau"), prog_name="tinhmau")(top)
