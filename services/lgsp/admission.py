"""Who may come in: client secrets against the registry, and the tokens given for them."""

from __future__ import annotations

from datetime import UTC, datetime

from services.kit import tokens
from services.kit.problems import Problem
from services.lgsp.registry import Registry

TOKEN_SECONDS = 1800  # the real provincial face gives 30-minute tokens (Lạng Sơn sample)


class Admission:
    """Knows systems by the registry it is given."""

    def __init__(self, token_key: str, *, certified: bool = False) -> None:
        """`token_key` signs the tokens that systems show; `certified` systems show a certificate as well."""
        self._certified = certified
        self.registry = Registry({}, ())
        self._token_key = token_key

    def token(self, name: str, secret: str) -> str:
        """Give a system a token for its secret. Raises a 401 Problem for a secret that is not the system's."""
        identity = self._credential(name, secret)
        return tokens.issue({"sub": name, "cred": identity}, self._token_key, seconds=TOKEN_SECONDS)

    def check(self, name: str, secret: str) -> str:
        """Return the system's name where the secret is its own. Raises a 401 Problem."""
        self._credential(name, secret)
        return name

    def holder(self, token: str) -> str:
        """Return the system that a token was given to. Raises a 401 Problem for one that does not hold any more."""
        try:
            claims = tokens.read(token, self._token_key)
        except tokens.TokenError as error:
            raise Problem(401, "bad-token", "Thẻ truy cập không hợp lệ hoặc đã hết hạn; hãy xin thẻ mới.") from error
        name: str = claims["sub"]
        system = self.registry.systems.get(name)
        if system is None or not system.lets_in(claims.get("cred", ""), datetime.now(UTC)):
            raise Problem(401, "revoked", "Khoá của hệ thống này đã bị thu hồi; hãy xin khoá mới từ quản trị LGSP.")
        return name

    def bind(self, name: str, certificate: str) -> None:
        """Hold a system to its certificate, by the name in it; without effect where none is asked for.

        Raises a 401 Problem for none, or for another system's: a secret or token that got about is then of no use.
        """
        if not self._certified or certificate == name:
            return
        if not certificate:
            raise Problem(401, "no-certificate", "LGSP này chỉ nhận hệ thống có chứng thư số TLS của mình.")
        raise Problem(401, "wrong-certificate", f"Chứng thư số TLS cấp cho “{certificate}”, không phải “{name}”.")

    def _credential(self, name: str, secret: str) -> str:
        system = self.registry.systems.get(name)
        credential = system.credential(secret, datetime.now(UTC)) if system else None
        if credential is None:
            raise Problem(401, "wrong-credentials", "Hệ thống hoặc khoá bí mật không đúng (mã lỗi LGSP 15).")
        return credential.id
