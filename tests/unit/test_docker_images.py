"""What goes into the images, and how it is told."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from infra.docker_target import images, materials, recipe
from infra.trouble import TargetError


def test_all_that_the_services_import_is_in_the_image() -> None:
    """Every third-party package that some service imports is among the pinned ones, so that no service lacks one."""
    import importlib.metadata as installed  # noqa: PLC0415 -- slow, and only here
    import sys  # noqa: PLC0415 -- same

    owners = installed.packages_distributions()
    pinned = {one.name for one in recipe.pinned()}
    for path in recipe.service_files():
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in {one.partition(".")[0] for one in names} - {"services", "", *sys.stdlib_module_names}:
                assert {canonicalize_name(owner) for owner in owners[name]} & pinned, f"{path.name} imports {name}"


def test_the_image_holds_no_more_than_the_services_need() -> None:
    """The load generator, the simulation's libraries and Pulumi stay out."""
    names = {one.name for one in recipe.pinned()}

    assert not names & {"locust", "numpy", "polars", "numba", "pulumi", "docker", "pip"}
    assert all("--hash=sha256:" in one.lines for one in recipe.pinned())


def test_every_script_of_ours_is_copied_into_the_image() -> None:
    """A container whose command is missing would end again and again."""
    (line,) = [
        line for line in (recipe.FILES / "runtime.Dockerfile").read_text("utf-8").splitlines()
        if line.startswith("COPY start-")
    ]  # fmt: skip

    assert set(line.split()[1:-1]) == {path.name for path in recipe.scripts()}


def test_a_tag_changes_with_what_is_inside_and_with_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A service's code changes the services' image alone; a package changes both."""
    runtime, services = recipe.runtime_tag(), recipe.services_tag()
    assert (runtime, services) == (recipe.runtime_tag(), recipe.services_tag())
    changed = tmp_path / "app.py"
    changed.write_text("1")
    monkeypatch.setattr(recipe, "ROOT", tmp_path)
    monkeypatch.setattr(recipe, "service_files", lambda: (changed,))

    assert recipe.runtime_tag() == runtime
    assert recipe.services_tag() != services
    monkeypatch.setattr(recipe, "PACKAGES", (*recipe.PACKAGES, "nano"))
    assert recipe.runtime_tag() != runtime


def test_a_bill_of_materials_names_every_package() -> None:
    """Debian's and Python's, each with a package URL that tools can look up."""
    bill = materials.bill_of("tinhmau/services:1", [("libc6", "2.36-9+deb12u10", "amd64")], recipe.pinned()[:1])

    assert bill["bomFormat"] == "CycloneDX"
    assert [one["purl"] for one in bill["components"]] == [
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64",
        f"pkg:pypi/{recipe.pinned()[0].name}@{recipe.pinned()[0].version}",
    ]


def test_debian_comes_from_where_this_machine_gets_its_packages(tmp_path: Path) -> None:
    """The first Debian mirror of apt's settings, in either form; a commented one and other archives do not count."""
    (tmp_path / "sources.list").write_text("# deb http://old.invalid/debian bookworm main\n")
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "a.list").write_text("deb https://apt.invalid/debian-security bookworm main\n")
    (tmp_path / "sources.list.d" / "debian.sources").write_text("Types: deb\nURIs: http://mirror.invalid/debian/\n")

    assert images.mirror_of_this_machine(tmp_path) == "http://mirror.invalid/debian"


def test_a_machine_without_a_debian_mirror_is_told_the_ways_out(tmp_path: Path) -> None:
    """On Ubuntu, say: name a mirror, or start from an image of a registry."""
    with pytest.raises(TargetError, match=r"TINHMAU_DEBIAN_MIRROR.*TINHMAU_BASE_IMAGE"):
        images.mirror_of_this_machine(tmp_path)
