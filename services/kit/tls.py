"""TLS where a deployment gives certificates (the reference stack stays on one machine and gives none).

A service with `TLS_CERTIFICATE` and `TLS_KEY` speaks TLS only. With `TLS_CLIENT_AUTHORITY` it also asks clients for a
certificate: one that shows none still gets in, so that people's browsers do; what it may do is for the service to say
(the LGSP lets no system call without). The name in a certificate stands in the ASGI scope, as its TLS extension has it.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from starlette.types import Scope

from services.kit.heads import BoundedProtocol
from services.kit.settings import Settings


class NamingProtocol(BoundedProtocol):
    """Uvicorn's protocol, with the name in the client's certificate in the scope of every request."""

    _client_name = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read the certificate, which the handshake has verified by now."""
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        self._client_name = _common_name(secured.getpeercert() or {}) if secured else ""

    def on_message_begin(self) -> None:
        """Put it into the new request's scope."""
        super().on_message_begin()
        self.scope["extensions"] = {"tls": {"client_cert_name": self._client_name}}


def certificate_of(scope: Scope) -> str:
    """Return the common name in the client's certificate; empty where it showed none."""
    extensions: Any = scope.get("extensions") or {}
    return str(extensions.get("tls", {}).get("client_cert_name", ""))


def server_options(settings: Settings) -> dict[str, Any]:
    """Return what uvicorn has to be told; nothing without certificate."""
    if not settings.tls_certificate:
        return {}
    options: dict[str, Any] = {"ssl_certfile": settings.tls_certificate, "ssl_keyfile": settings.tls_key}
    if settings.tls_client_authority:
        options |= {
            "ssl_ca_certs": settings.tls_client_authority, "ssl_cert_reqs": ssl.CERT_OPTIONAL, "http": NamingProtocol,
        }  # fmt: skip
    return options


def client_context(settings: Settings) -> ssl.SSLContext | None:
    """Return how this system calls an LGSP that speaks TLS; None where nothing is given."""
    if not settings.lgsp_authority:
        return None
    context = ssl.create_default_context(cafile=settings.lgsp_authority)
    if settings.tls_certificate:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    return context


def _common_name(certificate: Any) -> str:
    names = [value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    return names[0] if names else ""
