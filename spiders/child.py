"""The process that collects: ``python -m spiders.child`` with the job as JSON on standard input.

It writes its files and nothing else; the parent judges them. The exit code is no evidence.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.keying import keyer_from_env
from spiders.card import Card
from spiders.output import Output


def main() -> None:
    """Read the job, collect, write statistics."""
    job = json.load(sys.stdin)
    card = Card(**{**job["card"], **{k: tuple(v) for k, v in job["card"].items() if isinstance(v, list)}})
    output = Output(Path(job["workdir"]))
    try:
        if card.kind == "file":
            stats = _read_files(card, [Path(f) for f in job["files"]], output)
        else:
            stats = _crawl(card, job["account"], job["watermark"], output)
    except KundenechoError as error:
        stats = {"finish_reason": "failed", "error": error_to_json(error)}
    output.close(stats)


def _read_files(card: Card, files: list[Path], output: Output) -> dict[str, Any]:
    from spiders.exports import read_export

    keyer = keyer_from_env()
    yielded = 0
    for file in files:
        for item in read_export(file, card, keyer):
            output.write(item)
            yielded += 1
            if yielded % 1000 == 0:
                _tell(output)
    return {"finish_reason": "finished", "yielded": yielded}


def _crawl(card: Card, account: str, watermark: str | None, output: Output) -> dict[str, Any]:
    from scrapy import signals
    from scrapy.crawler import CrawlerProcess

    from spiders.engine import SourceSpider, scrapy_settings
    from spiders.registry import spider_class

    keyer = keyer_from_env()
    secrets = {name: os.environ.get(name, "") for name in card.credentials}
    missing = [name for name, value in secrets.items() if not value]
    if missing:
        raise SettingsError(
            f"the environment has no {', '.join(missing)}", where=f"source {card.name}", remedy="Set the variables"
        )
    spiders: list[SourceSpider] = []
    process = CrawlerProcess(scrapy_settings(card, os.environ.get("KUNDENECHO_COMPANY_CONTACT", "")))
    crawler = process.create_crawler(spider_class(card.kind))
    crawler.signals.connect(lambda spider: spiders.append(spider), signals.spider_opened, weak=False)
    crawler.signals.connect(
        lambda **_: _tell(output) if output.written % 500 == 0 else None, signals.item_scraped, weak=False
    )
    process.crawl(crawler, card=card, account=account, keyer=keyer, secrets=secrets, watermark=watermark, output=output)
    process.start()
    found = dict(crawler.stats.get_stats()) if crawler.stats else {}
    error = spiders[0].error if spiders else None
    return {
        "finish_reason": found.get("finish_reason", "never started"),
        "yielded": found.get("kundenecho/yielded", 0),
        "exceptions": found.get("spider_exceptions/count", 0),
        "log_errors": found.get("log_count/ERROR", 0),
        "requests": found.get("downloader/request_count", 0),
        "retries": found.get("retry/count", 0),
        "bytes": found.get("downloader/response_bytes", 0),
        "watermark": spiders[0].newest if spiders else None,
        "error": error_to_json(error) if error else None,
    }


def _tell(output: Output) -> None:
    print(output.written, flush=True)  # noqa: T201  the parent reads it for its progress bar


def error_to_json(error: KundenechoError) -> dict[str, str]:
    """An error as the parent can raise it again."""
    kinds = {RetryError: "retry", SettingsError: "settings", DataError: "data"}
    kind = next((name for cls, name in kinds.items() if isinstance(error, cls)), "data")
    return {"kind": kind, "what": error.what, "where": error.where, "remedy": error.remedy}


def job_json(card: Card, account: str, workdir: Path, watermark: str | None, files: list[Path]) -> str:
    """The job for a child, as it reads it from standard input."""
    job = {
        "card": {**dataclasses.asdict(card)},
        "account": account,
        "workdir": str(workdir),
        "watermark": watermark,
        "files": [str(f) for f in files],
    }
    return json.dumps(job)


if __name__ == "__main__":
    main()
