"""JSON Web Tokens (RFC 7519) that an account signs for itself: Google's service accounts, App Store Connect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt

from kundenecho.errors import SettingsError


def signed(key: str, claims: Mapping[str, Any], headers: Mapping[str, Any] | None, algorithm: str) -> str:
    """A signed token.

    Args:
        key: Private key in PEM; ``\\n`` written out, as environment files have it, stands for a line break.
        claims: What the token says; times as Unix seconds.
        headers: Further fields of its header, such as ``kid``.
        algorithm: ``RS256`` or ``ES256``.

    Raises:
        SettingsError: The key is none, or not one for the algorithm; it is not quoted.
    """
    try:
        return jwt.encode(
            dict(claims), key.replace("\\n", "\n").strip() + "\n", algorithm=algorithm, headers=dict(headers or {})
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, NotImplementedError):
        # The libraries' messages may hold a part of the key.
        raise SettingsError(
            f"the private key cannot sign with {algorithm}",
            remedy="Put the whole PEM file into the variable, with its BEGIN and END lines",
        ) from None
