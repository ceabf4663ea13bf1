"""`tinhmau engine`: find a Pulumi engine or get one, and build the images, before they are needed."""

from __future__ import annotations

import click

from infra.engine import finding
from infra.engine.finding import Way
from infra.trouble import TargetError
from simulation.text import Text
from tinhmau import exits, screen
from tinhmau.language import t

_WAYS: dict[str, tuple[Way, ...]] = {"any": ("official", "go"), "official": ("official",), "go": ("go",)}


@click.command(
    name="engine",
    help=t(
        "Tìm Pulumi engine trên PATH; không có thì cài theo cách chính thức, không được nữa thì dựng từ mô-đun Go vào "
        "bộ nhớ đệm (khoảng 6 phút, một lần).",
        "Find a Pulumi engine on PATH; where there is none install it the official way, or else build it from Go "
        "modules into the cache (about 6 minutes, once).",
    ),
)
@click.option(
    "--way",
    type=click.Choice(sorted(_WAYS)),
    default="any",
    show_default=True,
    help=t("Cách lấy khi chưa có.", "How to get one that is not there."),
)
@click.option(
    "--images",
    "with_images",
    is_flag=True,
    help=t("Dựng luôn các ảnh cho đích docker.", "Build the images for the target docker as well."),
)
@click.option(
    "--openstack",
    "with_openstack",
    is_flag=True,
    help=t("Dựng luôn phần OpenStack của Pulumi.", "Build Pulumi's plugin for OpenStack as well."),
)
def command(*, way: str, with_images: bool, with_openstack: bool) -> int:
    """Get everything ready for the targets that use Pulumi."""
    with screen.progress(Text("Tìm Pulumi engine", "Finding a Pulumi engine")) as tell:
        found = finding.ensure(ways=_WAYS[way], progress=tell)
    screen.line(f"Pulumi {found.version}: {found.program}")
    if found.origin == "cache":
        screen.line(
            t(
                f"Để gõ thẳng “pulumi up”: export PATH={found.program.parent}:$PATH",
                f"To type “pulumi up” yourself: export PATH={found.program.parent}:$PATH",
            )
        )
    if with_openstack:
        with screen.progress(Text("Tìm phần OpenStack", "Finding the OpenStack plugin")) as tell:
            plugin = finding.ensure_openstack(progress=tell)
        screen.line(f"openstack: {plugin}")
        screen.line(
            t(
                f"Để “pulumi up” thấy nó: export PATH={plugin.parent}:$PATH",
                f"For “pulumi up” to see it: export PATH={plugin.parent}:$PATH",
            )
        )
    if with_images:
        _build_images()
    return exits.KEPT


def _build_images() -> None:
    try:
        from infra.docker_target import engine, images  # noqa: PLC0415 -- its libraries are an extra
    except ImportError as error:
        raise TargetError(
            Text(
                f"Thiếu gói Python “{error.name}”. Chạy: pip install 'tinhmau[cloud]'",
                f"The Python package “{error.name}” is missing. Run: pip install 'tinhmau[cloud]'",
            )
        ) from error
    with screen.progress(Text("Dựng ảnh", "Building images")) as tell:
        for tag in images.ensure(engine.connect(), progress=tell):
            screen.line(tag)
