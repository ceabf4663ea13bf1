"""What journeys happen in: the province's agencies and desks on one day, with their hours, in virtual time."""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from datetime import date

import numpy as np

from simulation.arrivals import Seconds
from simulation.calendar import calendar_of
from simulation.clockwork import Clockwork, Process
from simulation.desk import Desk, Served
from simulation.journeys.dice import Dice
from simulation.journeys.log import StepLog
from simulation.journeys.people import Person
from simulation.office_hours import OfficeHours, Span, without
from simulation.plan import Journey
from simulation.province import Agency, Procedure, Province, Role, StaffMember
from simulation.province_files import sign_digitally
from simulation.scenario import Scenario
from simulation.streams import Streams

_HOUR = 3600.0
_MINUTE = 60.0


class World:
    """One province on one day. Journeys start processes in it; `run` lets the day pass."""

    def __init__(self, scenario: Scenario, province: Province, streams: Streams) -> None:
        """Open every desk of the province; leaders' meetings come from the stream `meetings`."""
        self.scenario = scenario
        self.province = province
        self.clock = Clockwork()
        self.agencies = {agency.code: agency for agency in province.agencies}
        shifts = calendar_of(scenario.era).shifts_of(date.fromisoformat(scenario.timeline.day))
        self.hours = OfficeHours(shifts)
        self._units = {agency.unit: agency for agency in province.agencies if agency.unit}
        self._districts = {commune.code: commune.district for commune in province.communes}
        self._head = next(agency for agency in province.agencies if agency.tier == "province")
        self._below: dict[str, list[str]] = defaultdict(list)
        for agency in province.agencies:
            self._below[agency.parent].append(agency.code)
        self._desks: dict[tuple[str, Role], Desk] = {}
        self._leaders: dict[str, list[tuple[StaffMember, Desk]]] = defaultdict(list)
        self.deputies: list[tuple[StaffMember, StaffMember]] = []  #: who is away all day, and who acts in his stead
        self._open_desks(shifts, streams["meetings"], streams["deputies"])
        self.misformed = misformed_agencies(scenario, province)
        self.first_polls = self._first_polls(streams["polls"])
        self._logs: list[StepLog] = []
        closing = scenario.timeline.points[-1][1] - scenario.habit("closing_margin_run_seconds")
        #: official second after which nobody begins anything, so that everything can settle before the end
        self.closing = scenario.timeline.to_official(max(closing, scenario.timeline.points[0][1]))

    # --- numbers -------------------------------------------------------------------------------------------------

    def figure(self, name: str) -> float:
        """Return a figure of the province, as the scenario sets it if it does. Raises KeyError for an unknown one."""
        figures = self.scenario.figures if name in self.scenario.figures else self.province.figures
        return figures[name].value

    def habit(self, name: str) -> float:
        """Return a habit of the scenario."""
        return self.scenario.habits[name].value

    def dice(self, seed: int) -> Dice:
        """Return dice for one journey."""
        return Dice(seed, variation=self.habit("service_time_variation"))

    # --- agencies ------------------------------------------------------------------------------------------------

    def receiving_agency(self, procedure: Procedure, commune: str) -> Agency:
        """Return the agency that takes a dossier in: of the applicant's commune, its district, or the department."""
        if procedure.tier == "department":
            return self.agencies[procedure.department]
        if procedure.tier == "province":
            return self._head
        unit = commune if procedure.tier == "commune" else self._districts[commune]
        return self._units[unit]

    def linked(self, procedure: Procedure, receiver: Agency, commune: str) -> list[tuple[str, float, bool]]:
        """Return the agencies of a procedure's route, the working hours of each, and whether it is one of many.

        A tier means the agency of that tier above the receiver, or else one below it: that of `commune` if it is there.
        """
        stops = []
        for to, hours in zip(procedure.linked_agencies, procedure.linked_hours, strict=True):
            found = self._meant_by(to, receiver)
            if found:
                home = self._units.get(commune)
                chosen = home.code if home and home.code in found else found[0]
                stops.append((chosen, hours, len(found) > 1))
        return stops

    def _meant_by(self, to: str, receiver: Agency) -> list[str]:
        if to in self.agencies:
            return [] if to == receiver.code else [to]
        above = self.agencies.get(receiver.parent)
        while above is not None:
            if above.tier == to:
                return [above.code]
            above = self.agencies.get(above.parent)
        below, found = [receiver.code], []
        while below:
            agency = below.pop()
            found += [code for code in self._below[agency] if self.agencies[code].tier == to]
            below += self._below[agency]
        return found

    def is_commune(self, code: str) -> bool:
        """Whether this is a commune of the province."""
        return code in self._districts

    def neighbours(self, agency: Agency) -> tuple[list[str], list[str], list[str]]:
        """Codes of the agencies above, below, and of the same rank under the same agency."""
        above = [agency.parent] if agency.parent in self.agencies else []
        beside = [code for code in self._below[agency.parent] if code != agency.code] if above else []
        return above, self._below[agency.code], beside

    def specialists(self) -> dict[str, int]:
        """Return how many specialists each agency has."""
        counts: dict[str, int] = dict.fromkeys(self.agencies, 0)
        for member in self.province.staff:
            counts[member.agency] += member.role == "specialist"
        return counts

    # --- work ----------------------------------------------------------------------------------------------------

    def serve(self, agency: str, role: Role, seconds: float) -> Served:
        """Put a piece of work on the pile of an agency's desk, now."""
        return self._desks[agency, role].serve(self.clock.now, seconds)

    def leader(self, agency: str, dice: Dice) -> tuple[StaffMember, Desk]:
        """Return one of the leaders of an agency, each with a pile of their own."""
        return dice.pick(self._leaders[agency])

    def after_working(self, hours: float) -> float:
        """Official second at which so many working hours have passed from now; infinity if not today."""
        begin = self.hours.open_from(self.clock.now)
        return self.hours.done_at(begin, hours * _HOUR) if begin < math.inf else math.inf

    def next_poll(self, installation: str, moment: float) -> float:
        """First poll of an office installation at or after a moment."""
        first, every = self.first_polls[installation], self.poll_interval
        return first + max(math.ceil((moment - first) / every), 0) * every

    @property
    def poll_interval(self) -> float:
        """Seconds between two polls of one installation."""
        return self.figure("poll_interval_minutes") * _MINUTE

    # --- the day -------------------------------------------------------------------------------------------------

    def log(self, journey_id: str, kind: str) -> StepLog:
        """Open the log of a journey that is about to start."""
        log = StepLog(journey_id, kind)
        self._logs.append(log)
        return log

    def start(self, process: Process, *, at: float) -> None:
        """Let a process begin at an official second, or now if that has passed."""
        self.clock.start(process, at=max(at, self.clock.now))

    def run(self) -> list[Journey]:
        """Let the day pass and return what came of it, in order of the first step."""
        self.clock.run()
        journeys = [journey for log in self._logs if (journey := log.journey(until=self.closing)) is not None]
        journeys.sort(key=lambda journey: (journey.steps[0].at, journey.id))
        return journeys

    def utilisation(self) -> dict[Role, float]:
        """Share of the desks' hours that today's work took, by role."""
        worked: dict[Role, float] = defaultdict(float)
        hours: dict[Role, float] = defaultdict(float)
        for (_, role), desk in self._desks.items():
            worked[role] += desk.worked
            hours[role] += desk.seconds
        for leaders in self._leaders.values():
            worked["leader"] += sum(desk.worked for _, desk in leaders)
            hours["leader"] += sum(desk.seconds for _, desk in leaders)
        return {role: worked[role] / hours[role] for role in sorted(hours) if hours[role] > 0}

    def _open_desks(self, shifts: tuple[Span, ...], rng: np.random.Generator, sending: np.random.Generator) -> None:
        staff = self.province.staff
        if "leader_signs_digitally_share" in self.scenario.figures:
            staff = sign_digitally(staff, self.figure("leader_signs_digitally_share"))
        piles: dict[tuple[str, Role], list[tuple[StaffMember, OfficeHours]]] = defaultdict(list)
        for member in staff:
            if member.role == "leader":
                hours = OfficeHours(self._less_meetings(shifts, rng))
                self._leaders[member.agency].append((member, Desk([(member, hours)])))
            else:
                piles[member.agency, member.role].append((member, self.hours))
        for agency, leaders in self._leaders.items():
            specialists = [member for member, _ in piles.get((agency, "specialist"), ())]
            for place, (leader, _) in enumerate(leaders):
                if sending.random() < self.habit("deputy_share") and len(specialists) > place:
                    deputy = specialists[place]
                    self.deputies.append((leader, deputy))
                    leaders[place] = (deputy, Desk([(deputy, self.hours)]))
        self._desks = {key: Desk(officials) for key, officials in piles.items()}

    def _less_meetings(self, shifts: tuple[Span, ...], rng: np.random.Generator) -> tuple[Span, ...]:
        """Take out of each half-day the meeting that may fall into it."""
        left: tuple[Span, ...] = shifts
        length = self.habit("meeting_minutes") * _MINUTE
        for since, until in shifts:
            chance, place = rng.random(2).tolist()
            begin = since + place * max(until - since - length, 0.0)
            if chance < self.habit("meeting_share"):
                left = without(left, (begin, min(begin + length, until)))
        return left

    def _first_polls(self, rng: np.random.Generator) -> dict[str, float]:
        names = sorted({agency.installation for agency in self.province.agencies})
        return dict(zip(names, (rng.random(len(names)) * self.poll_interval).tolist(), strict=True))


def misformed_agencies(scenario: Scenario, province: Province) -> frozenset[str]:
    """Agencies whose program seals in a form that the axis refuses: always the same ones for a share."""
    share = scenario.habit("misformed_signature_share")
    return frozenset(one.code for one in province.agencies if zlib.crc32(one.code.encode()) < share * 2**32)


#: Fields of a form that the population database knows once somebody has signed in.
KNOWN_FIELDS = ["commune", "full_name", "personal_number"]


def form_of(person: Person, procedure: Procedure, *, note: str = "") -> dict[str, str]:
    """Return what an applicant types into a form."""
    form = {
        "full_name": person.full_name,
        "personal_number": person.personal_number,
        "mobile": person.mobile,
        "commune": person.commune,
        "request": procedure.name,
    }
    return {**form, "note": note} if note else form


def timed(moments: Seconds, streams: Streams, kind: str) -> tuple[list[float], list[int]]:
    """Return arrivals of a kind as plain numbers, and the seed of each journey's dice."""
    seeds = streams[f"{kind}.dice"].integers(0, 2**62, size=len(moments))
    return moments.tolist(), seeds.tolist()
