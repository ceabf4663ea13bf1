"""Doubles of three vendors' one-stop products, as in Bắc Giang before it settled on one (SYS-ONESTOP-VENDORS).

The vendors are invented. Each product runs, does a one-stop's work in a dialect of its own, and can be told to break
any of the norm's points by name. Products know neither the reference stack nor the testbed: whoever wants something
of them speaks their dialect. Each keeps its dossiers in a database of its own, and loses nothing that it has
answered for when it is killed.
"""
