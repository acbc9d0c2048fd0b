"""The Feedback record: one thing one customer said in one place.

A spider makes :class:`Feedback`, the feed file holds it as one JSON line, the
loader stores it. Personal identifiers are already keyed when a record exists
(see :mod:`kundenecho.keying`); a value that is not a key is refused here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from kundenecho.errors import DataError
from kundenecho.text import storable

KINDS: Final = ("review", "shop_rating", "survey_answer", "comment", "referral")
STATES: Final = ("published", "hidden", "deleted")
PRECISIONS: Final = ("second", "day", "month", "unknown")
VERIFIED: Final = ("yes", "no", "unknown")

#: A keyed identifier: key id, colon, 32 hexadecimal digits.
KEY_PATTERN: Final = re.compile(r"^[a-z0-9]{1,16}:[0-9a-f]{32}$")
#: Longest text that is stored, in characters; a longer one is a fault of the source.
MAX_TEXT_CHARS: Final = 200_000

_KEYS: Final = ("author_key", "email_key", "customer_key", "order_key", "phone_key")
_TEXTS: Final = (
    "source", "account", "native_id", "title", "text", "reply", "url", "parent_id", "language",
    "product", "product_name", "author_name", "response_key", "touchpoint", "raw_ref",
)  # fmt: skip
_TIMES: Final = ("created_at", "experienced_at", "reply_at", "collected_at")
_NUMBERS: Final = ("raw_value", "raw_min", "raw_max", "rating_1_5")
_CONTENT: Final = (
    "title",
    "text",
    "raw_value",
    "raw_min",
    "raw_max",
    "rating_1_5",
    "nps_0_10",
    "would_recommend",
    "state",
)


@dataclass(slots=True)
class Feedback:
    """One thing one customer said in one place.

    The natural key is ``(source, account, native_id)``. Times are aware UTC. Ratings keep the
    raw value with its scale beside ``rating_1_5`` (1 worst, 5 best). ``*_key`` fields hold keyed
    identifiers only; ``author_name`` is the portal's public display name, which the storage keeps
    in a table of its own.

    Attributes:
        kind: review | shop_rating | survey_answer | comment | referral.
        state: published | hidden | deleted.
        created_precision: second | day | month | unknown; ``unknown`` goes with no ``created_at``.
        nps_0_10: Answer to the recommendation question, 0 to 10.
        response_key: The survey response that several answers belong to; its NPS counts once.
        product: The source's own product identifier or name, as the key of defects.
        product_name: Human-readable name of the product where it differs.
        likes: Likes or helpful votes at collection time; has a history of its own.
        raw: The record's own fragment of the payload, personal fields already keyed, or None where
            the source's terms forbid keeping it.
        page: Envelope of the page: ``{"url", "fetched_at", "status", "digest"}``; no personal data.
        extra: Anything else the source says that has no field, JSON-serialisable, no personal data.
    """

    source: str
    native_id: str
    kind: str
    account: str = ""
    title: str | None = None
    text: str | None = None
    state: str = "published"
    url: str | None = None
    parent_id: str | None = None
    language: str | None = None
    created_at: datetime | None = None
    created_precision: str = "unknown"
    experienced_at: datetime | None = None
    collected_at: datetime | None = None
    raw_value: float | None = None
    raw_min: float | None = None
    raw_max: float | None = None
    rating_1_5: float | None = None
    nps_0_10: int | None = None
    would_recommend: bool | None = None
    verified_purchase: str = "unknown"
    product: str | None = None
    product_name: str | None = None
    author_key: str | None = None
    author_name: str | None = None
    email_key: str | None = None
    customer_key: str | None = None
    order_key: str | None = None
    phone_key: str | None = None
    response_key: str | None = None
    touchpoint: str | None = None
    reply: str | None = None
    reply_at: datetime | None = None
    likes: int | None = None
    raw_ref: str | None = None
    raw: Any = None
    page: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Clean the texts and refuse a record that the contract does not allow.

        Raises:
            DataError: With every fault of the record in one message.
        """
        for name in _TEXTS:
            value = getattr(self, name)
            if type(value) is str and value:
                setattr(self, name, storable(value))
        faults = list(self._faults())
        if faults:
            raise DataError("; ".join(faults), where=f"{self.source or '?'}/{self.native_id or '?'}")

    def _faults(self) -> list[str]:
        faults: list[str] = []
        if not self.source or not self.native_id:
            faults.append("source and native_id are required")
        for name in _TEXTS:
            value = getattr(self, name)
            if value is None:
                continue
            if type(value) is not str:
                faults.append(f"{name} is {type(value).__name__}, not text")
            elif len(value) > MAX_TEXT_CHARS:
                faults.append(f"{name} has {len(value)} characters, at most {MAX_TEXT_CHARS} are stored")
        for name, allowed in (
            ("kind", KINDS),
            ("state", STATES),
            ("created_precision", PRECISIONS),
            ("verified_purchase", VERIFIED),
        ):
            if getattr(self, name) not in allowed:
                faults.append(f"{name} {getattr(self, name)!r} is none of {', '.join(allowed)}")
        for name in _KEYS:
            value = getattr(self, name)
            if value is not None and not (isinstance(value, str) and KEY_PATTERN.match(value)):
                faults.append(f"{name} is not keyed")
        faults.extend(self._number_faults())
        for name in _TIMES:
            moment: Any = getattr(self, name)
            if moment is not None and (not isinstance(moment, datetime) or moment.utcoffset() is None):
                faults.append(f"{name} must be a time with a zone")
        if (self.created_at is None) != (self.created_precision == "unknown"):
            faults.append("created_at and created_precision disagree")
        return faults

    def _number_faults(self) -> list[str]:
        faults: list[str] = []
        for name in _NUMBERS:
            value = getattr(self, name)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value)
            ):
                faults.append(f"{name} {value!r} is no finite number")
        if not faults:
            if self.rating_1_5 is not None and not 1 <= self.rating_1_5 <= 5:
                faults.append(f"rating_1_5 {self.rating_1_5} is outside 1 to 5")
            low, high, value = self.raw_min, self.raw_max, self.raw_value
            if value is not None and low is not None and high is not None and not low <= value <= high:
                faults.append(f"rating {value:g} is outside its scale {low:g} to {high:g}")
        if self.nps_0_10 is not None and (type(self.nps_0_10) is not int or not 0 <= self.nps_0_10 <= 10):
            faults.append(f"nps_0_10 {self.nps_0_10!r} is not a whole number from 0 to 10")
        recommends: Any = self.would_recommend
        if recommends is not None and not isinstance(recommends, bool):
            faults.append("would_recommend is neither true nor false")
        return faults

    def content_digest(self) -> str:
        """Digest of the content whose change makes a new revision, 32 hexadecimal digits.

        Covers title, text, rating, recommendation and state; likes and the reply are left out,
        they have a history of their own.
        """
        content = [getattr(self, name) for name in _CONTENT]
        return digest_json(content)

    def to_dict(self) -> dict[str, Any]:
        """The record as a JSON-serialisable mapping; absent values are left out."""
        out: dict[str, Any] = {}
        for name in FIELD_NAMES:
            value = getattr(self, name)
            if value is None or value == {}:
                continue
            out[name] = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        return out

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Feedback:
        """Rebuild a record from :meth:`to_dict`.

        Raises:
            DataError: On an unknown field, an unreadable time, or any fault of the record.
        """
        unknown = data.keys() - _FIELD_SET
        if unknown:
            raise DataError(f"unknown fields {', '.join(sorted(unknown))}", where=str(data.get("native_id", "?")))
        values = dict(data)
        for name in _TIMES:
            raw = values.get(name)
            if isinstance(raw, str):
                try:
                    values[name] = datetime.fromisoformat(raw)
                except ValueError:
                    raise DataError(f"{name} {raw[:40]!r} is no time", where=str(data.get("native_id", "?"))) from None
        try:
            return cls(**values)
        except TypeError as error:
            raise DataError(
                str(error).replace("Feedback.__init__() ", ""), where=str(data.get("native_id", "?"))
            ) from None


FIELD_NAMES: Final = tuple(f.name for f in dataclasses.fields(Feedback))
_FIELD_SET: Final = frozenset(FIELD_NAMES)


def digest_json(value: Any) -> str:
    """Digest of any JSON value in canonical form, 32 hexadecimal digits (SHA-256, cut)."""
    canonical = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:32]
