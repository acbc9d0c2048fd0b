"""Golden pairs: a payload of our own beside the records and refused rows that it must give.

A pair without an expectation writes one and fails, so that a person looks at it before it counts.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kundenecho.keying import Keyer
from kundenecho.text import storable
from spiders.build import built
from spiders.card import Card, kinds, merged
from spiders.context import Context
from spiders.engine import Item
from spiders.files.exports import read_export
from spiders.formats import schemaorg
from spiders.output import Reject
from tests.spiders.inprocess import spider_of

GOLDEN = Path(__file__).parent / "golden"
PAYLOADS = sorted(
    p for p in GOLDEN.iterdir() if p.suffix in {".html", ".csv", ".jsonl", ".xlsx"} or p.name.endswith(".api.json")
)
PAGE = {"url": "https://source.example/p", "fetched_at": "2026-06-01T08:00:00+00:00", "status": 200, "digest": "0" * 32}
MOMENT = datetime(2026, 6, 1, 8, tzinfo=UTC)


def items(payload: Path, keyer: Keyer) -> Iterator[Item]:
    """What the spider of the payload's kind makes of it.

    An API's payload is named ``<kind>.<case>.api.json`` and is what the spider's ``parse`` takes. A card stands
    beside a payload as TOML; that of a file may name its kind.
    """
    if payload.suffix == ".html":
        context = Context(Card("shop", "schemaorg", feedback_kind="review"), "", keyer, MOMENT)
        found = schemaorg.parse_page(payload.read_text(encoding="utf-8"), PAGE["url"])
        yield from (Reject("page", fault) for fault in found.faults)
        for review in found.reviews:
            make = partial(schemaorg.to_feedback, context, review, PAGE)
            yield built(review.native_id, review.raw, context, make)
        yield from schemaorg.aggregates_of(context, found)
    elif payload.name.endswith(".api.json"):
        kind = payload.name.split(".")[0]
        with TemporaryDirectory() as folder:
            spider = spider_of(kind, keyer, Path(folder), **own_values(payload, kind))
            yield from spider.parse(json.loads(payload.read_bytes()), PAGE)
    else:
        values = own_values(payload, "file")
        card = Card("export", values.pop("kind", "file"), **values)
        yield from read_export(payload, Context(card, "", keyer, MOMENT))


def own_values(payload: Path, kind: str) -> dict[str, Any]:
    """The card's values: those of the TOML beside the payload, where there is one, merged with the kind's."""
    file = payload.with_suffix(".toml")
    own: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    values = merged(kinds()[own.get("kind", kind)], own)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda p: p.name)
def test_golden_pair(payload: Path, keyer: Keyer) -> None:
    got = [{"rejected": asdict(item)} if isinstance(item, Reject) else item.to_dict() for item in items(payload, keyer)]
    for record in got:
        if payload.suffix not in {".html", ".json"} and record.get("page"):
            record["page"]["fetched_at"] = PAGE["fetched_at"]  # the time of a checkout
    got = json.loads(storable(json.dumps(got, default=str, ensure_ascii=False)))
    expected = payload.with_name(payload.name + ".expected.json")
    if not expected.exists():
        expected.write_text(json.dumps(got, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"{expected.name} was written now: look at it, then run again")
    assert got == json.loads(expected.read_text(encoding="utf-8"))


def test_each_expectation_has_a_payload() -> None:
    assert {p.name + ".expected.json" for p in PAYLOADS} == {p.name for p in GOLDEN.glob("*.expected.json")}


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_has_a_golden_pair(kind: str) -> None:
    declared = [tomllib.loads(file.read_text(encoding="utf-8")).get("kind", "file") for file in GOLDEN.glob("*.toml")]
    pages = {"schemaorg": [p for p in PAYLOADS if p.suffix == ".html"]}
    assert pages.get(kind) or list(GOLDEN.glob(f"{kind}.*.api.json")) or kind in declared
