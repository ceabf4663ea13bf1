"""Where the Pulumi engine comes from, with stand-in programs instead of downloads."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

from infra.engine import finding
from infra.trouble import TargetError
from simulation.progress import Progress
from simulation.text import Text


def _program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No engine of this machine is seen."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    return tmp_path


def test_an_engine_on_the_path_is_used_before_any_other(elsewhere: Path) -> None:
    """What the user has installed is what runs."""
    _program(finding.folder() / "bin" / "pulumi", f"v{finding.VERSION}")
    there = _program(elsewhere / "bin" / "pulumi", "v3.400.1")

    found = finding.find()

    assert found is not None
    assert (found.program, found.version, found.origin) == (there, "3.400.1", "path")


def test_an_engine_that_is_too_old_or_does_not_run_is_passed_over(elsewhere: Path) -> None:
    """The one in the cache is used instead."""
    _program(elsewhere / "bin" / "pulumi", "v2.9.9")
    own = _program(finding.folder() / "bin" / "pulumi", f"v{finding.VERSION}")

    found = finding.find()

    assert found is not None
    assert (found.program, found.origin) == (own, "cache")
    own.write_text("not a program")
    assert finding.find() is None


def test_every_way_that_fails_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """One message: each way tried, why it did not work, and what to do."""

    def refused(_progress: Progress) -> None:
        raise TargetError(Text("mạng từ chối", "the network refused"))

    def wrong(_progress: Progress) -> None:
        _program(finding.folder() / "bin" / "pulumi", "v0.0.1")

    monkeypatch.setattr(finding, "_official", refused)
    monkeypatch.setattr(finding, "_from_modules", wrong)

    with pytest.raises(TargetError) as caught:
        finding.ensure()

    told = caught.value.text.en
    assert "the network refused" in told
    assert f"go: got “0.0.1”, wanted {finding.VERSION}" in told
    assert "https://www.pulumi.com/docs/install/" in told
    assert not finding.folder().exists()


def test_without_go_the_way_out_names_it(elsewhere: Path) -> None:
    """A machine without Go, or with an old one, is told so rather than shown a compiler's error."""
    _program(elsewhere / "bin" / "go", "go version go1.19.8 linux/amd64")

    with pytest.raises(TargetError, match=r"Go"):
        finding.ensure(ways=("go",))


def test_what_is_built_is_what_is_asked_for() -> None:
    """go.mod pins the version that the module promises, and go.sum has hashes for both programs."""
    here = Path(finding.__file__).parent
    cli = (here / "cli" / "go.mod").read_text("utf-8")

    assert re.search(rf"github.com/pulumi/pulumi/pkg/v3 v{re.escape(finding.VERSION)}\b", cli)
    assert f"github.com/pulumi/pulumi/sdk/v3 v{finding.VERSION} h1:" in (here / "cli" / "go.sum").read_text("utf-8")
    assert "github.com/pulumi/pulumi/sdk/v3 v3.79.0 h1:" in (here / "language" / "go.sum").read_text("utf-8")


def test_the_openstack_plugin_on_the_path_is_used_before_any_other(elsewhere: Path) -> None:
    """Else the one that was built before; another state of the sources is another plugin."""
    assert finding.find_openstack() is None
    own = _program(finding.openstack_folder() / "pulumi-resource-openstack", "5.5.3")
    assert finding.ensure_openstack() == own
    there = _program(elsewhere / "bin" / "pulumi-resource-openstack", "5.5.3")
    assert finding.ensure_openstack() == there


def test_without_plugin_and_go_both_ways_out_are_named(elsewhere: Path) -> None:
    """The official plugin where there is a network, Go where there is none."""
    _program(elsewhere / "bin" / "go", "go version go1.19.8 linux/amd64")

    with pytest.raises(TargetError) as caught:
        finding.ensure_openstack()

    assert "pulumi plugin install resource openstack" in caught.value.text.en
    assert "install Go 1.25" in caught.value.text.en


def test_the_openstack_plugin_is_the_one_that_the_python_package_wants() -> None:
    """Its version is the installed package's, and Go holds the provider against a hash."""
    here = Path(finding.__file__).parent / "openstack"

    assert f'const version = "{metadata.version("pulumi-openstack")}"' in (here / "main.go").read_text("utf-8")
    provider = "github.com/terraform-provider-openstack/terraform-provider-openstack/v3 v3.4.0 h1:"
    assert provider in (here / "go.sum").read_text("utf-8")
