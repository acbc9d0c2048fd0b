"""A page as a collector left it: its validators, and what stood on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from kundenecho.errors import DataError


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What lets an unchanged page stay unread (RFC 9110, section 13).

    Attributes:
        url: Its address.
        etag: Validator, None where the server gave none.
        last_modified: The other one, as the server wrote it.
        native_ids: Records that stood on it.
        links: How the pages that it led to are reached, by address.
    """

    url: str
    etag: str | None
    last_modified: str | None
    native_ids: tuple[str, ...]
    links: dict[str, str]

    def headers(self) -> dict[str, str]:
        """The headers of a conditional request."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}

    def to_dict(self) -> dict[str, Any]:
        """The page as a JSON-serialisable mapping."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> KnownPage:
        """Rebuild a page from :meth:`to_dict`.

        Raises:
            DataError: A field is missing or unknown.
        """
        try:
            return cls(**{**data, "native_ids": tuple(data["native_ids"])})
        except (KeyError, TypeError) as error:
            raise DataError(f"the known page cannot be read ({type(error).__name__})") from None
