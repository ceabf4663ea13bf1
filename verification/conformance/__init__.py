"""Whether a one-stop product fits into the province (SYS-ONESTOP-VENDORS): scenarios, points of the norm, a rating.

A product is reached over its wire only, through a dialect that speaks its documented words. What a dialect can put
into the norm's words is a difference of dialect; what it cannot is a mismatch, and gets a name.
"""
