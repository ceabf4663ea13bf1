"""The nation's sign-in: an OpenID Connect provider (authorization code with PKCE) with levels of assurance.

Browsers come to the pages here; systems exchange codes and fetch keys over the LGSP, as all calls between systems go.
Plays the national one (VNeID behind the National Public Service Portal); people and telephones are simulated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.accounts import SignIn
from services.kit.kit import Kit, json
from services.kit.languages import Text
from services.kit.operations import Consumer
from services.kit.pages import Pages
from services.kit.problems import Problem, decode
from services.national.single_sign_on import SignedOn, SingleSignOn

#: Levels of assurance, as `acr` names them: 1 something one knows; 2 that and one's telephone. Level 3 (the chip of the
#: identity card, read with a telephone) is not simulated. Names of the levels: assumed.
LEVELS = ("1", "2")
_CODE_SECONDS, _STEP_SECONDS, _TOKEN_SECONDS = 60, 300, 300
_MOST_TRIES = 5
_ALGORITHM = "ES256"

_TAKE_CODE = """
    DELETE FROM identity_code WHERE id = $1
    RETURNING account, client, redirect_uri, challenge, nonce, assurance,
              at > now() - make_interval(secs => $2) AS fresh
"""
_TRY_STEP = """
    UPDATE identity_step SET tries = tries + 1
    WHERE id = $1 AND tries < $2 AND at > now() - make_interval(secs => $3) RETURNING account, code
"""


class Asked(msgspec.Struct, frozen=True):
    """What a client's authorization request says."""

    response_type: str = ""
    client_id: str = ""
    redirect_uri: str = ""
    scope: str = ""
    state: str = ""
    nonce: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""
    acr_values: str = "1"

    @property
    def level(self) -> str:
        """Level asked for; one that does not exist counts as the highest."""
        return self.acr_values if self.acr_values in LEVELS else LEVELS[-1]


class _Client(msgspec.Struct):
    redirect_uri: str


class _Exchange(msgspec.Struct):
    code: str
    code_verifier: str
    redirect_uri: str


class Identity:
    """Pages for people, operations for systems."""

    def __init__(self, kit: Kit, pages: Pages, signed_on: SingleSignOn) -> None:
        """Keep everything in the service's database."""
        self._kit, self._pages, self._signed_on = kit, pages, signed_on
        self._key: tuple[str, ec.EllipticCurvePrivateKey] | None = None
        self.issuer = f"{kit.settings.public_url}/oidc"

    # For systems.

    async def register(self, request: Request, consumer: Consumer) -> Any:
        """A system says where its people come back to; it learns where to send them."""
        wanted: _Client = decode(await request.body(), _Client)
        if urlsplit(wanted.redirect_uri).scheme not in {"http", "https"}:
            raise Problem(
                422,
                "invalid",
                Text(
                    "redirect_uri phải là một địa chỉ http hoặc https.",
                    "redirect_uri must be an http or https address.",
                ),
            )
        await self._kit.pool.execute(
            "INSERT INTO identity_client VALUES ($1, $2) ON CONFLICT (client) DO UPDATE SET redirect_uri = $2",
            consumer.system, wanted.redirect_uri,
        )  # fmt: skip
        return {
            "client_id": consumer.system,
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
        }

    async def exchange(self, request: Request, consumer: Consumer) -> Any:
        """Turn a code into an identity token: once, soon, by the client it was made for, with PKCE's secret."""
        asked: _Exchange = decode(await request.body(), _Exchange)
        row = await self._kit.pool.fetchrow(_TAKE_CODE, _digest(asked.code), _CODE_SECONDS)
        if (
            row is None
            or not row["fresh"]
            or (row["client"], row["redirect_uri"]) != (consumer.system, asked.redirect_uri)
            or not hmac.compare_digest(challenge_of(asked.code_verifier), row["challenge"])
        ):
            raise Problem(
                400,
                "invalid_grant",
                Text(
                    "Mã đăng nhập không dùng được: sai, đã dùng hoặc quá hạn.",
                    "The code is of no use: wrong, used or too old.",
                ),
            )
        number, key = await self._signing_key()
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": row["account"], "aud": row["client"], "iat": now, "exp": now + _TOKEN_SECONDS,
            "nonce": row["nonce"], "acr": str(row["assurance"]),
        }  # fmt: skip
        token = jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": number})
        return {"id_token": token, "token_type": "Bearer", "expires_in": _TOKEN_SECONDS}

    async def keys(self, _request: Request, _consumer: Consumer) -> Any:
        """Public keys (JWKS) that verify identity tokens."""
        number, key = await self._signing_key()
        public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": number, "use": "sig", "alg": _ALGORITHM}]}

    # For browsers.

    async def discovery(self, _request: Request) -> Response:
        """OpenID Connect Discovery, for whoever wants to look; systems learn the same over the LGSP."""
        return json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [_ALGORITHM],
                "code_challenge_methods_supported": ["S256"],
                "acr_values_supported": list(LEVELS),
                "scopes_supported": ["openid"],
            }
        )

    async def show(self, request: Request) -> Response:
        """Ask for account and passcode."""
        asked = msgspec.convert(dict(request.query_params), Asked, strict=False)
        refused = await self._refuse(request, asked)
        if refused:
            return refused
        known = self._signed_on.read(request)
        if known and known.level >= asked.level:
            return await self._back(asked, known.account, level=known.level)
        return self._door(request, asked)

    async def enter(self, request: Request) -> Response:
        """Check the passcode, or the one-time code of the second step, and send the browser back with a code."""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise Problem(403, "other-site", Text("Yêu cầu đến từ một trang khác.", "This came from another site."))
        async with request.form(max_files=0, max_fields=20) as form:
            given = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        asked = msgspec.convert(given, Asked, strict=False)
        refused = await self._refuse(request, asked)
        if refused:
            return refused
        try:
            if given.get("step"):
                return await self._back(asked, await self._second_step(given), level="2")
            account = given.get("account", "")
            await self._kit.check_passcode(SignIn(account, given.get("passcode", "")))
            await self._known(account)
        except Problem as problem:
            return self._door(
                request, asked, status=problem.status, mistake=problem.detail, account=given.get("account", "")
            )
        if asked.level == "1":
            return await self._back(asked, account, level="1")
        step, code = secrets.token_urlsafe(18), f"{secrets.randbelow(10**6):06d}"
        await self._kit.pool.execute(
            "INSERT INTO identity_step (id, account, code) VALUES ($1, $2, $3)", step, account, code
        )
        return self._door(request, asked, step=step, message=code)

    async def show_sign_on(self, request: Request) -> Response:
        """Sign on for the nation's own pages."""
        return self._pages.page(
            "sign_on.html", request=request, back=_own_path(request.query_params.get("next", "")), mistake=""
        )

    async def sign_on(self, request: Request) -> Response:
        """Check the passcode, and remember it for half an hour, for other systems too."""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise Problem(403, "other-site", Text("Yêu cầu đến từ một trang khác.", "This came from another site."))
        async with request.form(max_files=0, max_fields=10) as form:
            given = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        back = _own_path(given.get("next", ""))
        try:
            await self._kit.check_passcode(SignIn(given.get("account", ""), given.get("passcode", "")))
            await self._known(given["account"])
        except Problem as problem:
            return self._pages.page("sign_on.html", problem.status, request=request, back=back, mistake=problem.detail)
        response = RedirectResponse(back, 303)
        self._signed_on.give(response, SignedOn(given["account"], "1"))
        return response

    async def _known(self, account: str) -> None:
        if not await self._kit.pool.fetchval("SELECT 1 FROM person WHERE personal_number = $1", account):
            raise Problem(
                401,
                "unknown-person",
                Text(
                    "Không có công dân này trong cơ sở dữ liệu quốc gia về dân cư.",
                    "There is no such person in the national population database.",
                ),
            )

    async def _second_step(self, given: dict[str, str]) -> str:
        row = await self._kit.pool.fetchrow(_TRY_STEP, given["step"], _MOST_TRIES, _STEP_SECONDS)
        if row is None or not hmac.compare_digest(row["code"].encode(), given.get("code", "").encode()):
            raise Problem(
                401,
                "wrong-code",
                Text(
                    "Mã xác thực không đúng hoặc đã hết hạn; xin đăng nhập lại.",
                    "The code is wrong or too old; please sign in again.",
                ),
            )
        await self._kit.pool.execute("DELETE FROM identity_step WHERE id = $1", given["step"])
        return str(row["account"])

    async def _refuse(self, request: Request, asked: Asked) -> Response | None:
        """Refuse a request: on a page of our own unless the address to go back to is the client's own."""
        known = await self._kit.pool.fetchval(
            "SELECT redirect_uri FROM identity_client WHERE client = $1", asked.client_id
        )
        if known is None or known != asked.redirect_uri:
            return self._pages.page("sign_in_refused.html", 400, request=request)
        if asked.response_type != "code" or "openid" not in asked.scope.split():
            return _redirect(asked, error="unsupported_response_type")
        if asked.code_challenge_method != "S256" or not asked.code_challenge or not asked.state or not asked.nonce:
            return _redirect(asked, error="invalid_request")
        return None

    async def _back(self, asked: Asked, account: str, *, level: str) -> Response:
        code = secrets.token_urlsafe(32)
        await self._kit.pool.execute(
            "INSERT INTO identity_code (id, account, client, redirect_uri, challenge, nonce, assurance) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
            _digest(code), account, asked.client_id, asked.redirect_uri, asked.code_challenge, asked.nonce, int(level),
        )  # fmt: skip
        return _redirect(asked, code=code)

    def _door(
        self,
        request: Request,
        asked: Asked,
        *,
        status: int = 200,
        mistake: str = "",
        account: str = "",
        step: str = "",
        message: str = "",
    ) -> Response:
        parts = urlsplit(asked.redirect_uri)
        return self._pages.page(
            "sign_in.html", status, request=request, leads_to=f"{parts.scheme}://{parts.netloc}",
            asked=msgspec.structs.asdict(asked),
            level=asked.level, mistake=mistake, account=account, step=step, message=message,
        )  # fmt: skip

    async def _signing_key(self) -> tuple[str, ec.EllipticCurvePrivateKey]:
        if self._key is None:
            fresh = ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            await self._kit.pool.execute(
                "INSERT INTO identity_key SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM identity_key)",
                secrets.token_hex(8), fresh.decode(),
            )  # fmt: skip
            row = await self._kit.pool.fetchrow("SELECT id, private FROM identity_key ORDER BY id LIMIT 1")
            private = serialization.load_pem_private_key(row["private"].encode(), password=None)
            assert isinstance(private, ec.EllipticCurvePrivateKey)  # noqa: S101 -- nothing else is ever written
            self._key = row["id"], private
        return self._key


def _own_path(wanted: str) -> str:
    return wanted if wanted.startswith("/dvc") and wanted.isprintable() and "\\" not in wanted else "/dvc"


def challenge_of(verifier: str) -> str:
    """PKCE's S256 (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _redirect(asked: Asked, **more: str) -> Response:
    joint = "&" if urlsplit(asked.redirect_uri).query else "?"
    return RedirectResponse(f"{asked.redirect_uri}{joint}{urlencode({**more, 'state': asked.state})}", 303)


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "replace")).digest()
