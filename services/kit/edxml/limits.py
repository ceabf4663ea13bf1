"""Bounds on what an envelope may hold, so that no sender can make reading it expensive. All assumed unless said."""

from __future__ import annotations

#: Largest envelope taken, attachments included: a file of 10 MB in base64 is 13.4 MB. Below the hub's limit on a body
#: (16 MiB).
MAX_BYTES = 15_000_000
#: Most attachments of one envelope.
MAX_ATTACHMENTS = 50
#: Most addressees of one envelope: more than twice the agencies of a province with 164 communes.
MAX_ADDRESSEES = 500
#: Deepest element taken; edXML's own deepest is ten levels down, XML signatures add ten (XAdES).
MAX_DEPTH = 40
#: Most elements of one envelope: 500 addressees with eight fields each, 1,000 receivers, and the rest.
MAX_ELEMENTS = 20_000
#: Most files in one attached zip, and the most bytes that all zips of an envelope may unpack to together.
MAX_FILES = 50
MAX_UNPACKED_BYTES = 64 << 20
