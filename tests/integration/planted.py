"""Which point of the norm each planted mismatch breaks, and what it cannot help breaking besides."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Planted(msgspec.Struct, frozen=True):
    """What the suite must say when this mismatch alone is planted."""

    breaks: str
    also: tuple[str, ...] = ()


_DEADLINES = ("deadline-pause", "deadline-from-acceptance")

PLANTED: Mapping[str, Planted] = {
    # Sen
    "code-own-number": Planted("code-form"),
    "code-replaced": Planted("code-kept"),
    "fee-in-thousands": Planted("fee-to-the-dong"),
    "deadline-calendar-hours": Planted("deadline-working-time", _DEADLINES),
    "deadline-from-submission": Planted("deadline-from-acceptance"),
    "skips-received": Planted("state-after-act"),
    "decides-unexamined": Planted("legal-order"),
    "any-agency": Planted("other-agency-change"),
    "not-idempotent": Planted("repeated-once"),
    "news-doubled": Planted("news-once"),
    "waits-as-received": Planted("news-state"),
    "unpaid-result": Planted("fee-before-result"),
    "error-mute": Planted("mistakes-named"),
    "name-decomposed": Planted("name-kept"),
    "number-in-news": Planted("news-private"),
    "state-undocumented": Planted("answer-readable", ("news-state", "history-attributed")),
    # Trúc
    "utc-times": Planted("moment-hour"),
    "code-day-utc": Planted("code-day"),
    "same-day-eight-hours": Planted("deadline-same-day"),
    "pause-ignored": Planted("deadline-pause"),
    "rejection-as-approval": Planted("outcome-kept"),
    "national-numbers-swapped": Planted("national-number"),
    "tail-four-only": Planted("code-six-digits"),
    "unknown-procedure-taken": Planted("procedure-known"),
    "name-uppercase": Planted("name-kept"),
    "anonymous-session": Planted("sign-in-needed"),
    "reads-everywhere": Planted("other-agency-read"),
    "online-twice": Planted("online-once"),
    "payment-rounded": Planted("payment-to-the-dong"),
    "actor-system": Planted("history-attributed"),
    "seq-gap": Planted("news-order"),
    "lost-ack": Planted("acknowledged-kept"),
    # Dừa
    "agency-zeros-lost": Planted("agency-code-kept"),
    "procedure-as-number": Planted("procedure-code-kept"),
    "identity-zero-lost": Planted("identity-kept"),
    "month-before-day": Planted("moment-day"),
    "question-marks": Planted("name-kept"),
    "batch-number-shared": Planted("code-unique"),
    "lunch-counted": Planted("deadline-working-time", _DEADLINES),
    "pause-restarts": Planted("deadline-pause"),
    "handed-back-undecided": Planted("legal-order"),
    "clerk-decides": Planted("roles"),
    "payment-twice": Planted("payment-once"),
    "post-closes-at-once": Planted("post-closes"),
    "refused-but-done": Planted("refusal-without-effect"),
    "news-silent": Planted("news-complete"),
    "cash-over": Planted("cash-limit"),
    "header-renamed": Planted("answer-readable"),
}
