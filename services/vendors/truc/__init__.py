"""Trúc: a one-stop with a SOAP 1.1 service. Moments are fourteen digits; news are fetched, not sent."""
