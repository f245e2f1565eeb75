"""HTTP Basic as `--api-auth` asks for it: without a challenge, and compared in constant time."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .errors import HTTPError

if TYPE_CHECKING:
    from .flavours.table import Auth

Credentials = str | tuple[str, str] | Iterable[tuple[str, str]] | None
"""`"user:pass,user2:pass2"`, one pair, or several."""


class Guard:
    """Lets in who knows one of the pairs."""

    def __init__(self, credentials: Credentials, auth: Auth) -> None:
        self.pairs = _pairs(credentials)
        self._wrong = auth.wrong
        if self.pairs and auth.guards == "nothing":
            raise ValueError("api_auth: a server of this flavour asks nobody for a password")

    @property
    def text(self) -> str | None:
        """The pairs as the launch flag has them."""
        return ",".join(f"{user}:{password}" for user, password in self.pairs) or None

    def check(self, header: str) -> None:
        """Raise the 401 that the value of an Authorization header deserves, if any."""
        if not self.pairs:
            return
        scheme, _, value = header.partition(" ")
        if scheme.lower() != "basic":
            raise HTTPError(401, "Not authenticated")
        try:
            user, colon, password = base64.b64decode(value).decode("ascii").partition(":")
        except (binascii.Error, ValueError):
            colon = ""
        if not colon:
            raise HTTPError(401, "Invalid authentication credentials")
        known = False
        for right_user, right_password in self.pairs:
            same_user = hmac.compare_digest(user.encode(), right_user.encode())
            same_password = hmac.compare_digest(password.encode(), right_password.encode())
            known |= same_user and same_password
        if not known:
            raise HTTPError(401, self._wrong)


def _pairs(credentials: Credentials) -> list[tuple[str, str]]:
    """The pairs, or a ValueError, which shows none of them: what is out of place may be a part of a password."""
    if not credentials:
        return []
    found: list[Any] | None = None
    if isinstance(credentials, str):
        parts = [part for part in credentials.split(",") if part]
        found = [part.partition(":")[::2] for part in parts] if all(":" in part for part in parts) else None
    elif isinstance(credentials, tuple) and len(credentials) == 2 and isinstance(credentials[0], str):
        found = [credentials]
    elif isinstance(credentials, Iterable):
        found = list(credentials)
    if not found or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in found):
        raise ValueError("api_auth must be user:password, comma-separated if there are several, or pairs of the two")
    return [(str(user), str(password)) for user, password in found]
