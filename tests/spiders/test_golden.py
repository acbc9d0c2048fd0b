"""Golden pairs: a payload of our own beside the records and refused rows that it must give.

A pair without an expectation writes one and fails, so that a person looks at it before it counts.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.text import storable
from spiders import provenexpert, schemaorg
from spiders.card import Card
from spiders.context import Context
from spiders.exports import read_export
from spiders.output import Reject

GOLDEN = Path(__file__).parent / "golden"
PAYLOADS = sorted(
    p for p in GOLDEN.iterdir() if p.suffix in {".html", ".csv", ".jsonl"} or p.name.endswith(".api.json")
)
PAGE = {"url": "https://source.example/p", "fetched_at": "2026-06-01T08:00:00+00:00", "status": 200, "digest": "0" * 32}
MOMENT = datetime(2026, 6, 1, 8, tzinfo=UTC)


def items(payload: Path, keyer: Keyer) -> Iterator[Feedback | Reject]:
    """What the spider of the payload's kind makes of it."""
    if payload.suffix == ".html":
        context = Context(Card("shop", "schemaorg", feedback_kind="review"), "", keyer, MOMENT)
        found = schemaorg.parse_page(payload.read_text(encoding="utf-8"), PAGE["url"])
        yield from (Reject("page", fault) for fault in found.faults)
        for review in found.reviews:
            try:
                yield schemaorg.to_feedback(context, review, PAGE)
            except (DataError, ValueError) as error:
                yield Reject(review.native_id, str(error), review.raw)
    elif payload.name.endswith(".api.json"):
        context = Context(Card("provenexpert", "provenexpert", feedback_kind="shop_rating"), "", keyer, MOMENT)
        for native_id, rating in provenexpert.read_ratings(payload.read_bytes(), PAGE["url"]).items():
            try:
                yield provenexpert.to_feedback(context, native_id, rating, PAGE)
            except (DataError, ValueError) as error:
                yield Reject(native_id, str(error), provenexpert.fragment(context, rating))
    else:
        values: dict[str, Any] = tomllib.loads(payload.with_suffix(".toml").read_text(encoding="utf-8"))
        yield from read_export(payload, Context(Card("export", "file", **values), "", keyer, MOMENT))


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda p: p.name)
def test_golden_pair(payload: Path, keyer: Keyer) -> None:
    got = [
        item.to_dict() if isinstance(item, Feedback) else {"rejected": asdict(item)} for item in items(payload, keyer)
    ]
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
