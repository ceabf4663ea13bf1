"""How long a client tries: the pauses between attempts, and when it gives up."""

from __future__ import annotations

import msgspec

from loadtests.answers import Again


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of one client. The defaults are assumed: somebody who gives a system half a minute."""

    limit: float = 30.0  #: after this long since the first attempt no new one begins
    shortest: float = 0.1  #: first pause
    longest: float = 1.0  #: pause towards a system that does not answer, at most
    glance: float = 0.3  #: pause towards a system that the subject has not reached yet

    def pause(self, again: Again, attempt: int, *, chance: float) -> float:
        """Seconds to wait after attempt number `attempt` (from 1); `chance` is drawn between 0 and 1.

        Towards a system that does not answer, between half of the pause and the whole: clients that were turned away
        together do not come again together.
        """
        if again is Again.SIGNED_IN:
            return 0.0
        if again is Again.WHEN_THERE:
            return min(self.shortest * attempt, self.glance)
        return min(self.shortest * 2.0 ** (attempt - 1), self.longest) * (1.0 + chance) / 2
