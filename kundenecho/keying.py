"""Keyed pseudonyms for personal identifiers (HMAC-SHA-256 over a normalised form).

The same e-mail address, telephone or customer number gives the same key
everywhere, so that matching and the block list work, while nobody without the
secret can go back. See ``docs/adr/0005-keyed-personal-data.md``.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path

from kundenecho.errors import SettingsError

SECRET_VARIABLE = "KUNDENECHO_KEY_SECRET"  # noqa: S105  the name of a variable
KEY_ID_VARIABLE = "KUNDENECHO_KEY_ID"
_MIN_SECRET_CHARS = 32
_SPACE = re.compile(r"\s+")
_NOT_DIGIT = re.compile(r"[^\d]")


class Keyer:
    """Turns personal identifiers into keys.

    Args:
        secret: The keying secret, at least 32 characters.
        key_id: Short name of the secret, stored in front of each key so that a change of secret
            is visible; lower-case letters and digits.

    Raises:
        SettingsError: If the secret is too short or the key id malformed.
    """

    def __init__(self, secret: str, key_id: str = "k1") -> None:
        if len(secret) < _MIN_SECRET_CHARS:
            raise SettingsError(
                f"the keying secret has {len(secret)} characters, at least {_MIN_SECRET_CHARS} are needed",
                where=SECRET_VARIABLE,
                remedy="Set it to a long random value, for example from 'openssl rand -hex 32'",
            )
        if not re.fullmatch(r"[a-z0-9]{1,16}", key_id):
            raise SettingsError(
                f"the key id {key_id!r} is not 1 to 16 lower-case letters or digits", where=KEY_ID_VARIABLE
            )
        self._secret = secret.encode()
        self.key_id = key_id

    def key(self, namespace: str, value: str | None) -> str | None:
        """Key of ``value`` within ``namespace``, or None for nothing.

        Args:
            namespace: Keeps equal strings of different meaning apart, such as ``email``.
            value: Already normalised identifier.

        Returns:
            ``<key id>:<32 hexadecimal digits>``.
        """
        if value is None or not value.strip():
            return None
        message = f"{namespace}\x1f{value}".encode("utf-8", "replace")
        return f"{self.key_id}:{hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:32]}"

    def email(self, value: str | None) -> str | None:
        """Key of an e-mail address; case, spaces and a ``mailto:`` do not matter."""
        if value is None:
            return None
        return self.key("email", _SPACE.sub("", _fold(value)).removeprefix("mailto:"))

    def phone(self, value: str | None, country: str = "49") -> str | None:
        """Key of a telephone number in any usual German notation.

        Args:
            value: The number as written, such as ``0170 / 123 45 67`` or ``+49 (0)170 1234567``.
            country: Country code assumed for a number without one, digits only.
        """
        if value is None:
            return None
        text = value.replace("(0)", "")
        digits = _NOT_DIGIT.sub("", text)
        if not digits:
            return None
        if text.strip().startswith("+"):
            full = digits
        elif digits.startswith("00"):
            full = digits[2:]
        else:
            full = country + digits.lstrip("0")
        return self.key("phone", full)

    def customer(self, value: str | None) -> str | None:
        """Key of a customer number; case and separators do not matter."""
        return self.key("customer", _number(value))

    def order(self, value: str | None) -> str | None:
        """Key of an order number; case and separators do not matter."""
        return self.key("order", _number(value))

    def account(self, source: str, value: str | None) -> str | None:
        """Key of an account or handle on one portal; equal handles on two portals differ.

        Args:
            source: The portal's name; keys are comparable within one portal only.
            value: The portal's account id or handle.
        """
        return self.key(f"account/{source}", _fold(value)) if value else None


def _fold(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip().casefold()


def _number(value: str | None) -> str | None:
    return re.sub(r"[^0-9a-z]", "", _fold(str(value))) if value is not None else None


def keyer_from_env(env: dict[str, str] | None = None) -> Keyer:
    """The keyer that the environment names.

    Raises:
        SettingsError: If the secret is missing; without it matching and the block list are dead.
    """
    values = os.environ if env is None else env
    secret = values.get(SECRET_VARIABLE, "")
    if not secret:
        raise SettingsError(
            "the keying secret is missing, so personal data could not be keyed",
            where=SECRET_VARIABLE,
            remedy="Set it to a long random value and keep it: another secret recognises none of the known customers",
        )
    return Keyer(secret, values.get(KEY_ID_VARIABLE, "k1"))


def local_secret(home: Path) -> str:
    """The secret of a local trial run, made once and kept with mode 0600.

    Args:
        home: The state directory, normally ``.kundenecho``.

    Returns:
        The secret, 64 hexadecimal digits.
    """
    path = home / "key.secret"
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = home / f"key.secret.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
