"""Online: which dossiers come over the net, from who files them and how the habit spreads through the year.

At the beginning as many people file online as the province says (`online_share`), those from outside and agents first
(FIG-BT-BIZ: "most from companies outside the province"). From then on it spreads, see `simulation.adoption`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.adoption import Group, file_online
from simulation.filers import AGENT, OUTSIDE, OWNER, filers_of
from simulation.province import Province
from simulation.streams import Streams
from simulation.year.conduct import Conduct
from simulation.year.paths import CAN_FILE

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

_CITIZEN = 3  #: group after those of `simulation.filers`
#: How much oftener than citizens each group files online at the beginning (assumed, after FIG-BT-BIZ).
LEAD: Final = {OUTSIDE: 6.0, AGENT: 3.0, OWNER: 1.5, _CITIZEN: 1.0}


class Asked(NamedTuple):
    """Dossiers as they would come to the counter."""

    moments: Numbers
    which: Integers  #: number of the procedure


def offered(province: Province, conduct: Conduct) -> NDArray[np.bool_]:
    """Whether each procedure can be filed online: by its level, and past the consultation gate where there is one.

    The gate (SYS-CONSULT) keeps off the net what still needs certified copies, and what next to nobody would use.
    """
    able = np.array([procedure.level >= CAN_FILE for procedure in province.procedures])
    if not conduct["consulted"]:
        return able
    a_year = conduct["dossiers_per_day"] * conduct["working_days_per_year"] * conduct["online_share"]
    wanted = [
        not procedure.certified_copies and procedure.share_of_demand * a_year >= conduct["wanted_from"]
        for procedure in province.procedures
    ]
    return np.asarray(able & np.array(wanted))


def filed_online(province: Province, conduct: Conduct, asked: Asked, *, streams: Streams) -> NDArray[np.bool_]:
    """Tell of each dossier whether it is filed online."""
    may = np.flatnonzero(offered(province, conduct)[asked.which])
    may = may[np.argsort(asked.moments[may], kind="stable")]
    filers = filers_of(province)
    people, last = province.population, int(filers.filer.max()) + 1 if len(filers.filer) else 1
    of_company = np.array([procedure.applicant == "company" for procedure in province.procedures])[asked.which]
    who = streams["citizens"].integers(0, people, len(asked.which))
    company = streams["companies"].integers(0, max(len(filers.filer), 1), len(asked.which))
    group = np.full(len(asked.which), _CITIZEN)
    if len(filers.filer):
        who = np.where(of_company, filers.filer[company], last + who)
        group = np.where(of_company, filers.group[company], _CITIZEN)
    else:
        who = last + who
    reluctance = streams["reluctance"].random(last + people)
    ready = np.array([conduct["companies_ready_share"]] * 3 + [conduct["citizens_ready_share"]])
    # Whoever files online is ready for it: where many do, at least as many are.
    ready = np.maximum(ready, min(conduct["online_share"] / max(conduct["stays_online_share"], 1e-9), 1.0))
    begin = _first_users(conduct, group[may], ready)
    group_of_filer = np.full(last + people, _CITIZEN)
    group_of_filer[filers.filer] = filers.group
    online = np.zeros(len(asked.which), dtype=np.bool_)
    online[may] = file_online(
        (who[may], group[may]),
        tuple(
            Group(name=name, word=conduct["word_of_mouth"], stays=conduct["stays_online_share"])
            for name in ("outside", "agent", "owner", "citizen")
        ),
        begins=reluctance < begin[group_of_filer],
        willing=(reluctance < ready[group_of_filer])[who[may]],
        finds=np.full(len(may), conduct["finds_out_share"]),
        sizes=np.array([*filers.sizes, people]),
        luck=streams["luck"].random(len(asked.which))[may],
    )
    return online


def _first_users(conduct: Conduct, group: Integers, ready: Numbers) -> Numbers:
    """Share of each group that files online from the start, so that `online_share` of these dossiers do."""
    lead = np.array([LEAD[kind] for kind in range(4)])
    needs = np.bincount(group, minlength=4) / max(len(group), 1)
    wanted = conduct["online_share"] / max(conduct["stays_online_share"], 1e-9)
    share = np.zeros(4)
    for _ in range(4):  # what one group cannot give because not enough of it are ready, the others do
        free = share < ready
        missing = wanted - float((needs * share).sum())
        weight = float((needs * lead)[free].sum())
        if missing <= 0 or weight <= 0:
            break
        share = np.where(free, np.minimum(share + missing * lead / weight, ready), share)
    return share
