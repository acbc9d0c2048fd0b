"""Judging a run by its statistics.

An exit code is no evidence, and zero records are an error until a card says otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import DataError, RetryError, SettingsError, YieldError
from spiders.card import Card
from spiders.output import AGGREGATES, FEED, PAGES, REJECTED, SEEN

_ERRORS: Final = {"retry": RetryError, "settings": SettingsError, "data": DataError}


@dataclass(frozen=True)
class Harvest:
    """What a good run left behind.

    Attributes:
        feed: JSON lines of records.
        rejected: JSON lines of refused rows.
        items: Records in the feed.
        rejected_count: Refused rows.
        stats: The run's statistics.
        complete: Everything there is was read to its end, so what is absent is gone.
        watermark: Where the next run may begin, to be stored with the rows.
        truncated: Something that should be there could not be read; what was read is good.
        aggregates: JSON lines of the source's own figures, None where it gives none.
        notes: What was noticed, in sentences without personal data.
        pages: JSON lines of pages with their validators.
        seen: JSON lines of the ids of records on pages that have not changed.
    """

    feed: Path
    rejected: Path
    items: int
    rejected_count: int
    stats: dict[str, Any]
    complete: bool
    watermark: str | None
    truncated: bool = False
    aggregates: Path | None = None
    notes: tuple[str, ...] = ()
    pages: Path | None = None
    seen: Path | None = None

    def unchanged(self) -> list[str]:
        """Ids of the records on pages that the source did not send again."""
        if self.seen is None or not self.seen.is_file():
            return []
        return [str(json.loads(line)) for line in self.seen.read_text(encoding="utf-8").splitlines()]


def raise_reported(stats: dict[str, Any], where: str) -> None:
    """Raise the error that a collecting process reported, if there is one.

    Args:
        stats: The run's statistics.
        where: The source, for the message.

    Raises:
        KundenechoError: The error, in its class.
    """
    if error := stats.get("error"):
        place = ", ".join(part for part in (where, error["where"]) if part)
        raise _ERRORS[error["kind"]](error["what"], where=place, remedy=error["remedy"])


def judge(card: Card, stats: dict[str, Any], workdir: Path, *, full: bool = False) -> Harvest:
    """Decide by its statistics whether a run was good.

    Args:
        card: Card of the source.
        stats: The run's statistics.
        workdir: Where its files are.
        full: Whether everything there is was asked for.

    Raises:
        KundenechoError: It was not; see :func:`spiders.run.run_source`.
    """
    where = f"source {card.name}"
    raise_reported(stats, where)
    written, rejected, aggregates = stats["written"], stats["rejected"], stats.get("aggregates", 0)
    if stats["finish_reason"] != "finished":
        raise RetryError(f"the run ended early: {stats['finish_reason']}", where=where, remedy="Try again")
    if stats.get("exceptions") or stats.get("log_errors"):
        raise DataError(
            f"the spider failed {max(stats.get('exceptions', 0), stats.get('log_errors', 0))} times",
            where=where,
            remedy="The source has changed or the spider has a fault; nothing was loaded",
        )
    if stats["yielded"] != written + rejected + aggregates:
        raise DataError(f"{stats['yielded']} records were found, {written + rejected} written", where=where)
    if not card.keep_texts and written:
        raise DataError("texts were found, and the source's terms forbid keeping them", where=where)
    found = written + stats.get("seen", 0) if card.keep_texts else aggregates
    _check_yield(card, found, rejected, where, bool(stats.get("incremental")))
    notes = [*stats.get("truncated", ()), *stats.get("notices", ())]
    # A row of a file that was refused is told and mended there; one of an interface may come right by itself.
    truncated = bool(stats.get("truncated")) or (rejected > 0 and card.reader != "file")
    if rejected:
        notes.append(f"{rejected} rows were refused, see lists.rejections")
    return Harvest(
        workdir / FEED,
        workdir / REJECTED,
        written,
        rejected,
        stats,
        # What was refused is absent from the feed, but not gone from the source.
        complete=full and not truncated and not rejected and not stats.get("incremental"),
        watermark=stats.get("resume_at") if truncated else stats.get("watermark"),
        truncated=truncated,
        aggregates=workdir / AGGREGATES if aggregates else None,
        notes=tuple(notes),
        pages=workdir / PAGES,
        seen=workdir / SEEN,
    )


def _check_yield(card: Card, written: int, rejected: int, where: str, incremental: bool) -> None:
    refused = f" ({rejected} rows were refused)" if rejected else ""
    # Of a run that reads only what is new, nothing may be expected; its answers were checked one by one.
    if written < card.min_yield and not incremental:
        raise YieldError(
            f"{written} records, the card expects at least {card.min_yield}{refused}; nothing was loaded",
            where=where,
            remedy="Look whether the source has changed, else lower min_yield on the card",
        )
    if card.max_yield is not None and written > card.max_yield:
        raise YieldError(
            f"{written} records, the card allows at most {card.max_yield}{refused}; nothing was loaded",
            where=where,
            remedy="Look whether something is read twice, else raise max_yield on the card",
        )
