"""A plain `pulumi up` with `tinhmau:target: docker`: from the stack's configuration to its placement."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pulumi

from infra import caches, reference, rules
from infra.blueprint import draw_up
from infra.demand import demand_of_province
from infra.docker_target import certificates, layout, program, recipe
from infra.docker_target.settings import Placement, Tls
from infra.local import clock
from infra.program.settings import PROJECT, DockerSettings
from infra.scaling import scaled, with_replicas
from simulation import population, province_files
from simulation.mistakes import BadInputError, Mistake
from simulation.province import Province
from simulation.text import Text

#: Whoever drives the stack draws the same people: the seed that `tinhmau verify` uses unless told otherwise.
SEED = 20180822


def place(settings: DockerSettings, master: pulumi.Output[str]) -> None:
    """Make everything. Raises BadInputError."""
    province = province_files.load(settings.province)
    placement = placement_of(settings, province, stack=pulumi.get_stack())
    program.place(placement, master, province=province.id, era=province.era)


def placement_of(settings: DockerSettings, province: Province, *, stack: str) -> Placement:
    """Draw the data centre up, and write what it is given where that is not there yet. Raises BadInputError."""
    demand = scaled(demand_of_province(province), settings.size_percent / 100)
    drawn = draw_up(province, demand)
    once = {workload.name: 1 for workload in drawn.workloads}
    blueprint = with_replicas(drawn, {**once, **settings.replicas})
    mistakes = rules.check(blueprint)
    if mistakes:
        raise BadInputError(mistakes)
    own = caches.state() / "pulumi-docker" / stack
    own.mkdir(parents=True, mode=0o700, exist_ok=True)
    return Placement(
        stack=f"{PROJECT}-{stack}",
        layout=layout.draw(blueprint, block=settings.network, standby=settings.standby),
        ports={name: settings.port_base + number for number, name in enumerate(blueprint.services)},
        reference=str(_reference(settings, province, own)),
        runtime=recipe.runtime_tag(),
        services=recipe.services_tag(),
        clock=str(_clock(own)),
        tls=_tls(own / "tls.json"),
    )


def _reference(settings: DockerSettings, province: Province, own: Path) -> Path:
    if settings.reference:
        given = Path(settings.reference)
        missing = [name for name in ("province.json", *reference.POPULATION_FILES) if not (given / name).exists()]
        if missing:
            found = Text(f"“{given}” không có {', '.join(missing)}.", f"“{given}” has no {', '.join(missing)}.")
            way_out = Text("Bỏ khoá này để dữ liệu tự được soạn.", "Leave the key out to have the data made.")
            file, key = f"Pulumi.{pulumi.get_stack()}.yaml", f"{PROJECT}:reference"
            raise BadInputError([Mistake(file=file, key=key, found=found, way_out=way_out)])
        return given
    made = own / f"reference-{province.id}"
    if not (made / "complete").exists():  # once: its keys are new every time
        reference.write(province, made)
        population.draw(province, seed=SEED).write_reference(made)
        (made / "complete").write_bytes(msgspec.json.encode({"seed": SEED}))
    return made


def _tls(path: Path) -> Tls:
    """The certificates in use; those of the day on which the stack was first brought up, until the file is removed."""
    if not path.exists():
        path.write_bytes(msgspec.json.encode(certificates.begin()))
    return msgspec.json.decode(path.read_bytes(), type=Tls)


def _clock(own: Path) -> Path:
    folder = own / "clock"
    folder.mkdir(mode=0o755, exist_ok=True)
    if not (folder / "clock.json").exists():
        clock.follow_machine(folder / "clock.json")
    return folder
