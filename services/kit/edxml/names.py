"""Names of the format: namespaces and algorithms."""

from __future__ import annotations

from functools import cache

EDXML = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

#: Where the organisation's signature stands, from the root.
SIGNATURE_PLACE = f"./{{{EDXML}}}edXMLEnvelope/{{{EDXML}}}edXMLHeader/"


@cache
def tag(name: str) -> str:
    """Name of an edXML element as lxml writes it."""
    return f"{{{EDXML}}}{name}"


@cache
def signature_tag(name: str) -> str:
    """Name of an XML signature element as lxml writes it."""
    return f"{{{DSIG}}}{name}"


@cache
def xades_tag(name: str) -> str:
    """Name of an XAdES element as lxml writes it."""
    return f"{{{XADES}}}{name}"
