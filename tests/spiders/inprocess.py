"""Collecting inside the tests' own process: the same spiders over the same HTTP, with a clock that does not wait."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from kundenecho.errors import KundenechoError
from kundenecho.keying import Keyer, keyer_from_env
from spiders.api import ApiSpider
from spiders.card import Card, kinds
from spiders.child import error_to_json, prepared, secrets_of
from spiders.clock import Clock
from spiders.context import Context
from spiders.engine import scrapy_settings
from spiders.judge import Harvest, judge
from spiders.output import Output
from spiders.registry import spider_class


class FastClock(Clock):
    """Remembers each wait, and lets the time pass at once."""

    def __init__(self, start: datetime | None = None) -> None:
        self.moment = start or datetime.now(UTC)
        self.passed = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.moment + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += max(0.0, seconds)
        await asyncio.sleep(0)

    def jitter(self) -> float:
        return 1.0


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """A running Twisted reactor on an asyncio loop, in a thread of its own."""
    from scrapy.utils.reactor import install_reactor

    ready = threading.Event()
    found: list[asyncio.AbstractEventLoop] = []

    def serve() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
        from twisted.internet import reactor

        found.append(loop)
        loop.call_soon(ready.set)
        reactor.run(installSignalHandlers=False)  # type: ignore[attr-defined]

    threading.Thread(target=serve, daemon=True, name="reactor").start()
    if not ready.wait(60):
        raise TimeoutError("the reactor did not start")
    return found[0]


def card_of(kind: str, address: str = "https://source.example/", **values: Any) -> Card:
    """A card of a kind as shipped, for a source of that name."""
    merged = {**kinds()[kind], "address": address, "allow_private": True, **values}
    known = {k: tuple(v) if isinstance(v, list) else v for k, v in merged.items()}
    return Card(name=values.get("name", kind), kind=kind, **{k: v for k, v in known.items() if k not in {"name", "reader", "reads"}})  # fmt: skip


def spider_of(kind: str, keyer: Keyer, folder: Path, **card: Any) -> ApiSpider:
    """A spider that asks nothing, to try recorded answers on."""
    context = Context(card_of(kind, **card), "", keyer, datetime(2026, 6, 1, 8, tzinfo=UTC))
    made = spider_class(kind)(context, {}, None, Output(folder, keyer))
    assert isinstance(made, ApiSpider)
    return made


def collect_here(
    card: Card,
    folder: Path,
    env: Mapping[str, str],
    *,
    account: str = "",
    watermark: str | None = None,
    full: bool = True,
    clock: Clock | None = None,
    timeout: float = 20,
) -> Harvest:
    """Collect one account as ``run_source`` does, judged the same, without a process of its own.

    Raises:
        KundenechoError: As for ``run_source``.
    """
    used = clock or FastClock()
    context = Context(card, account, keyer_from_env({**os.environ, **env}), used.now(), used)
    output = Output(folder, context.keyer)
    try:
        secrets = secrets_of(card, env)
        call = _crawl(context, secrets, None if full else watermark, output, timeout)
        stats = asyncio.run_coroutine_threadsafe(call, _loop()).result(60)
    except KundenechoError as error:
        stats = {"finish_reason": "failed", "error": error_to_json(error)}
    output.close(stats)
    counts = {"yielded": output.yielded, "written": output.written, "rejected": output.rejected}
    seen = {"aggregates": output.aggregates, "seen": len(output.unread)}
    return judge(card, {**stats, **counts, **seen}, folder, full=full)


async def _crawl(
    context: Context, secrets: dict[str, str], watermark: str | None, output: Output, timeout: float
) -> dict[str, Any]:
    from scrapy.crawler import AsyncCrawlerRunner

    found = spider_class(context.card.kind)
    settings = scrapy_settings(context.card, "", found.also_retried)
    runner = AsyncCrawlerRunner({**settings, "DOWNLOAD_TIMEOUT": timeout})
    crawler, stats = prepared(runner.create_crawler(found))
    await runner.crawl(crawler, context=context, secrets=secrets, watermark=watermark, output=output)
    return stats()


def moved(card: Card, **values: Any) -> Card:
    """A card with other values."""
    return replace(card, **values)
