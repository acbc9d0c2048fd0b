"""Exceptions, classed by what the caller does next.

Every error says what happened, where, and what to do. The class decides the
reaction: retry (:class:`RetryError`), fix the settings (:class:`SettingsError`),
fix the data (:class:`DataError`), look at the source (:class:`YieldError`).
"""

from __future__ import annotations

from collections.abc import Sequence


class KundenechoError(Exception):
    """Base of all errors that a user may meet.

    Args:
        what: What happened, one sentence without a full stop.
        where: Source, file, row or line it happened in; empty when it has no place.
        remedy: What the reader should do about it; empty when nothing can be done.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f". {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the parts when an error crosses a process boundary."""
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(cls: type[KundenechoError], what: str, where: str, remedy: str) -> KundenechoError:
    return cls(what, where=where, remedy=remedy)


class RetryError(KundenechoError):
    """The same call may succeed later: a network, a server or a lock was in the way."""


class BusyError(RetryError):
    """Another run holds the named lock; the message says who."""


class SettingsError(KundenechoError):
    """The settings, a card or the environment must be changed first; retrying is useless."""

    exit_code = 2


class DataError(KundenechoError):
    """The data itself is wrong; it is refused and nothing good is lost."""


class UnknownProductError(DataError):
    """A product was asked for that nothing names.

    Args:
        product: What was asked for.
        near: Products that were likely meant, each with its name; the name is empty where it says no more.
    """

    def __init__(self, product: str, near: Sequence[tuple[str, str]] = ()) -> None:
        self.product = product
        self.near = tuple(near)
        meant = " or ".join(f"{one} ({name})" if name else one for one, name in self.near)
        remedy = f"Did you mean {meant}?" if meant else "kundenecho seal lists the products"
        super().__init__(f"there is no product {product}", remedy=remedy)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the parts when an error crosses a process boundary."""
        return (type(self), (self.product, self.near))


class YieldError(KundenechoError):
    """A source gave fewer or more records than its card allows; nothing was loaded."""

    exit_code = 3
