"""What the spiders of Google's interfaces share: the error body, and the name of one who has none."""

from __future__ import annotations

import re
from typing import Any, Final

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError

#: Words for a used-up quota; they come with 429 and with 403, which else means missing rights.
_QUOTA: Final = frozenset(
    {
        "RESOURCE_EXHAUSTED",
        "RATE_LIMIT_EXCEEDED",
        "dailyLimitExceeded",
        "quotaExceeded",
        "rateLimitExceeded",
        "userRateLimitExceeded",
    }
)
#: What stands for a name where somebody shows none; it would make one person of many.
_NAMELESS: Final = frozenset({"a google user", "ein google-nutzer", "ein google nutzer"})
_WORD: Final = re.compile(r"[A-Za-z_]{1,60}")


def google_refusal(answer: Any, status: int, where: str, remedy: str) -> KundenechoError | None:
    """What an answer with Google's error body means.

    Args:
        answer: The answer's JSON, None where it is none.
        status: The answer's HTTP status.
        where: Address, for the message.
        remedy: What helps where rights or settings are wrong.

    Returns:
        The error to raise; None where the answer has no such body.
    """
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return None
    code = status if status != 200 or not isinstance(error.get("code"), int) else error["code"]
    words = _words(error)
    what = f"the API reports {', '.join(words) or 'an error'} (HTTP {code})"
    if code == 429 or _QUOTA & set(words):
        if _quota_is_nought(error):
            ask = "Google has not approved the project for this API; request access"
            return SettingsError("the project's quota is 0", where=where, remedy=ask)
        return RetryError(what, where=where, remedy="Try later; the quota is used up")
    if code in {400, 401, 403}:
        return SettingsError(what, where=where, remedy=remedy)
    if code == 404:
        return DataError(what, where=where, remedy="Look whether what accounts names is still there")
    return RetryError(what, where=where, remedy="Try later")


def display_name(name: Any) -> Any:
    """A reviewer's public name; None for the words that stand where there is none."""
    return None if isinstance(name, str) and name.strip().casefold() in _NAMELESS else name


def _words(error: dict[str, Any]) -> list[str]:
    """Status and reasons; the message is left out, since it may repeat what was sent."""
    found = [error.get("status")]
    for name in ("errors", "details"):
        parts = error.get(name)
        found += [part.get("reason") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return list(dict.fromkeys(word for word in found if isinstance(word, str) and _WORD.fullmatch(word)))


def _quota_is_nought(error: dict[str, Any]) -> bool:
    details = error.get("details")
    metadata = [part.get("metadata") for part in details if isinstance(part, dict)] if isinstance(details, list) else []
    return any(isinstance(part, dict) and part.get("quota_limit_value") == "0" for part in metadata)
