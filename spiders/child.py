"""The process that collects: ``python -m spiders.child`` with the job as JSON on standard input.

It writes its files and nothing else; the parent judges them. The exit code is no evidence.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.keying import keyer_from_env
from kundenecho.pages import KnownPage
from spiders.card import Card
from spiders.context import Context
from spiders.output import Enough, Output

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from spiders.engine import SourceSpider


def main() -> None:
    """Read the job, collect, write statistics."""
    job = json.load(sys.stdin)
    threading.Thread(target=_end_with_parent, args=(job["parent"],), daemon=True).start()
    card = card_from_json(job["card"])
    keyer = keyer_from_env()
    context = Context(card, job["account"], keyer, datetime.now(UTC))
    output = Output(Path(job["workdir"]), keyer, trial=job["trial"])
    try:
        if card.reader == "file":
            stats = _read_files(context, [Path(f) for f in job["files"]], output)
        else:
            known = [KnownPage.from_dict(page) for page in job["known"]]
            stats = _crawl(context, job["watermark"], output, known)
    except KundenechoError as error:
        stats = {"finish_reason": "failed", "error": error_to_json(error)}
    output.close(stats)


def _read_files(context: Context, files: list[Path], output: Output) -> dict[str, Any]:
    from spiders.files.exports import read_export

    notices: list[str] = []
    with contextlib.suppress(Enough):
        for file in files:
            for item in read_export(file, context, notices.append):
                output.take(item)
    return {"finish_reason": "finished", "files": len(files), "notices": notices}


def _crawl(context: Context, watermark: str | None, output: Output, known: Sequence[KnownPage]) -> dict[str, Any]:
    # It looks at the whole stack of whoever imports it, which takes long when that is a crawl.
    import scrapy.core.downloader.contextfactory  # noqa: F401
    from scrapy.crawler import CrawlerProcess

    from spiders.engine import scrapy_settings
    from spiders.registry import spider_class

    card = context.card
    found = spider_class(card.kind)
    contact = os.environ.get("KUNDENECHO_COMPANY_CONTACT", "")
    process = CrawlerProcess(scrapy_settings(card, contact, found.also_retried))
    crawler, stats = prepared(process.create_crawler(found))
    given = {"context": context, "secrets": secrets_of(card, os.environ), "watermark": watermark, "output": output}
    process.crawl(crawler, known=known, **given)
    process.start()
    return stats()


def secrets_of(card: Card, env: Mapping[str, str]) -> dict[str, str]:
    """The values of a card's credentials by variable name.

    Raises:
        SettingsError: A variable is missing or empty.
    """
    secrets = {name: env.get(name, "") for name in card.credentials}
    missing = [name for name, value in secrets.items() if not value]
    if missing:
        raise SettingsError(
            f"the environment has no {', '.join(missing)}",
            where=f"source {card.name}, line {card.line} of the settings file",
            remedy="Set the variables, or name others as credentials of the source",
        )
    return secrets


def prepared(crawler: Crawler) -> tuple[Crawler, Callable[[], dict[str, Any]]]:
    """A crawler, and what gives the run's statistics once it has ended."""
    from scrapy import signals

    spiders: list[SourceSpider] = []
    crawler.signals.connect(lambda spider: spiders.append(spider), signals.spider_opened, weak=False)

    def stats() -> dict[str, Any]:
        found = dict(crawler.stats.get_stats()) if crawler.stats else {}
        return {**_spider_stats(spiders[0] if spiders else None), **_scrapy_stats(found)}

    return crawler, stats


def _spider_stats(spider: Any) -> dict[str, Any]:
    if spider is None:
        return {}
    error = error_to_json(spider.error) if spider.error else None
    return {
        "watermark": spider.mark(),
        "resume_at": spider.resume_at,
        "incremental": spider.incremental,
        "truncated": spider.truncations,
        "error": error,
    }


def _scrapy_stats(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "finish_reason": found.get("finish_reason", "never started"),
        "exceptions": found.get("spider_exceptions/count", 0),
        "log_errors": found.get("log_count/ERROR", 0),
        "requests": found.get("downloader/request_count", 0),
        "retries": found.get("retry/count", 0),
        "bytes": found.get("downloader/response_bytes", 0),
    }


def _end_with_parent(parent: int) -> None:
    """A killed parent cannot end its child, so the child looks."""
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(1)


def error_to_json(error: KundenechoError) -> dict[str, str]:
    """An error as the parent can raise it again."""
    kinds = {RetryError: "retry", SettingsError: "settings", DataError: "data"}
    kind = next((name for cls, name in kinds.items() if isinstance(error, cls)), "data")
    return {"kind": kind, "what": error.what, "where": error.where, "remedy": error.remedy}


def job_json(
    card: Card,
    account: str,
    workdir: Path,
    *,
    watermark: str | None = None,
    files: Sequence[Path] = (),
    known: Sequence[KnownPage] = (),
    trial: bool = False,
) -> str:
    """The job for a child, as it reads it from standard input; a trial ends with the first good item."""
    job = {
        "card": dataclasses.asdict(card),
        "account": account,
        "workdir": str(workdir),
        "watermark": watermark,
        "files": [str(f) for f in files],
        "parent": os.getpid(),
        "known": [page.to_dict() for page in known],
        "trial": trial,
    }
    return json.dumps(job)


def card_from_json(values: Mapping[str, Any]) -> Card:
    """The card of a job; JSON knows no tuples."""
    parts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Card(**parts)


if __name__ == "__main__":
    main()
