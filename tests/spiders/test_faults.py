"""Every fault over every source: complete, or visibly not; never a success with fewer rows than there were.

``make faults`` prints what came out of each cell as a table.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from demo.fakes.base import Said
from demo.server import DemoServer, fakes
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from spiders.card import Card, kinds, merged
from spiders.judge import Harvest
from tests.spiders.crowd import crowd
from tests.spiders.faults import FAULTS, Fault, FaultLayer
from tests.spiders.inprocess import FastClock, card_of, collect_here

pytestmark = pytest.mark.heavy

COUNT = 230
KINDS = [kind for kind in sorted(kinds()) if kinds()[kind].get("reader", "api") != "file"]
WHOLE, PART, RETRY, SETTINGS, DATA = "vollständig", "unvollständig, gemeldet", "später wieder", "Einstellungen", "Daten"
_CLASSES: dict[type[KundenechoError], str] = {RetryError: RETRY, SettingsError: SETTINGS, DataError: DATA}
#: What may come of a fault; of all others everything but a silent loss.
EXPECTED = {
    "Zeitüberschreitung": {RETRY, PART},
    "401": {SETTINGS},
    "403 Rechte": {SETTINGS},
    "403/429 Kontingent": {RETRY, PART},
    "429 ohne Retry-After, dann gut": {WHOLE},
    "429 mit Retry-After, dann gut": {WHOLE},
    "500, dann gut": {WHOLE},
    "500, immer": {RETRY, PART},
    "429 mit Retry-After, immer": {RETRY, PART},
    "200 ohne Inhalt, dann gut": {WHOLE, PART, RETRY},
    "Eintrag ohne Kennung": {PART},
    "unbekanntes Wort": {PART},
}
#: Outcome by fault and kind, for the table.
OUTCOMES: dict[tuple[str, str], set[str]] = {}


@contextmanager
def disturbed(kind: str, fault: Fault | None, first: int = 1) -> Iterator[tuple[DemoServer, FaultLayer]]:
    layer = FaultLayer(kind, fault, first)
    with DemoServer(crowd(fakes()[kind].channel or kind, COUNT), wrap=layer.wrap) as server:
        layer.fake = server.fakes[kind]
        yield server, layer


def card_for(server: DemoServer, kind: str, **values: Any) -> tuple[Card, dict[str, str]]:
    fake = server.fakes[kind]
    env = fake.environment(kind)
    prefix = f"KUNDENECHO_SOURCES_{kind.upper()}_"
    found: dict[str, Any] = {k.removeprefix(prefix).lower(): v for k, v in env.items() if k.startswith(prefix)}
    if kind == "schemaorg":
        found["follow"] = ("/produkt/",)
    known = merged(kinds()[kind], fake.card)
    return card_of(kind, **{"name": kind, **known, "accounts": fake.accounts, **found, **values}), env


def run(server: DemoServer, kind: str, folder: Path, clock: FastClock | None = None, **options: Any) -> Harvest:
    card, env = card_for(server, kind)
    return collect_here(card, folder, env, account=server.fakes[kind].accounts[0], clock=clock, **options)


def fed(harvest: Harvest) -> dict[str, dict[str, Any]]:
    return {row["native_id"]: row for row in map(json.loads, harvest.feed.read_text(encoding="utf-8").splitlines())}


def truth(server: DemoServer, kind: str) -> dict[str, Said]:
    fake = server.fakes[kind]
    return {said.native_id: said for said in fake.said(fake.accounts[0])}


def same(row: dict[str, Any], said: Said) -> bool:
    """A row tells what the fake said."""
    told = {
        "text": said.text, "title": said.title, "author_name": said.author_name, "reply": said.reply,
        "nps_0_10": said.nps_0_10, "state": said.state, "rating_1_5": said.rating_1_5,
        "created_at": said.created_at.timestamp() if said.created_at else None,
    }  # fmt: skip
    got = {name: row.get(name) for name in told}
    if got["created_at"]:
        from datetime import datetime

        got["created_at"] = datetime.fromisoformat(got["created_at"]).timestamp()
    for name in ("rating_1_5", "created_at"):
        told[name], got[name] = [round(float(v), 3) if v is not None else None for v in (told[name], got[name])]
    assert got == told
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_fake(kind: str) -> None:
    assert kind in fakes()


@pytest.mark.parametrize("kind", KINDS)
def test_undisturbed_everything_is_read_once(kind: str, tmp_path: Path) -> None:
    with disturbed(kind, None) as (server, layer):
        harvest = run(server, kind, tmp_path)
        expected = truth(server, kind)
    rows = fed(harvest)
    assert rows.keys() == expected.keys()
    assert len(rows) == harvest.items or kinds()[kind].get("keep_texts", True) is False
    assert all(same(rows[key], said) for key, said in expected.items())
    assert (harvest.truncated, harvest.rejected_count) == (False, 0), harvest.notes
    assert not layer.fake or layer.asked > layer.fake.paged


def cells() -> list[Any]:
    found = []
    for kind in KINDS:
        fake = fakes().get(kind)
        for fault in FAULTS:
            if fake is None or (fault.needs == "pages" and not fake.paged):
                continue
            if (fault.needs == "id" and not fake.id_path) or (fault.needs == "enum" and not fake.enum_path):
                continue
            places = (1,) if not fake.paged else (2,) if fault.anywhere or fault.needs == "pages" else (1, 2)
            found += [pytest.param(kind, fault, first, id=f"{kind}-{fault.name}-{first}") for first in places]
    return found


@pytest.mark.parametrize(("kind", "fault", "first"), cells())
def test_no_fault_looks_like_success(kind: str, fault: Fault, first: int, tmp_path: Path) -> None:
    clock = FastClock()
    with disturbed(kind, fault, first) as (server, layer):
        expected = truth(server, kind)
        begun = time.monotonic()
        try:
            harvest = run(server, kind, tmp_path, clock, timeout=0.3 if fault.name == "Zeitüberschreitung" else 20)
        except KundenechoError as error:
            outcome = _CLASSES.get(type(error), RETRY)
            assert error.what
            assert error.where
        else:
            outcome = judged(harvest, expected)
    assert layer.hit, "the fault never happened"
    assert time.monotonic() - begun < 20
    assert outcome in EXPECTED.get(fault.name, {WHOLE, PART, RETRY, SETTINGS, DATA}), outcome
    if fault.name == "429 mit Retry-After, dann gut":
        assert 7 in clock.waits
    OUTCOMES.setdefault((fault.name, kind), set()).add(outcome)


def judged(harvest: Harvest, expected: dict[str, Said]) -> str:
    rows = fed(harvest)
    assert rows.keys() <= expected.keys()
    assert all(same(row, expected[key]) for key, row in rows.items())
    if harvest.truncated:
        assert harvest.notes
        assert not harvest.complete
        assert harvest.watermark is None or "resume_at" in harvest.stats
        return PART
    assert rows.keys() == expected.keys()
    assert not harvest.rejected_count
    return WHOLE


@pytest.mark.parametrize("kind", KINDS)
def test_a_machine_in_another_zone(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        with disturbed(kind, None) as (server, _):
            assert judged(run(server, kind, tmp_path), truth(server, kind)) == WHOLE
    finally:
        monkeypatch.undo()
        time.tzset()
    OUTCOMES.setdefault(("Uhr in anderer Zone", kind), set()).add(WHOLE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", ["neuer Eintrag zwischen den Seiten", "gelöschter Eintrag zwischen den Seiten"])
def test_a_list_that_moves_while_it_is_read(kind: str, change: str, tmp_path: Path) -> None:
    with disturbed(kind, None) as (server, layer):
        whole = server.company
        voices = sorted(whole.voices, key=lambda v: v.date)
        # One more at the end of time is one more at the top of most lists.
        from dataclasses import replace as changed

        server.company = changed(whole, voices=tuple(voices[:-1])) if "neuer" in change else whole
        before = truth(server, kind)

        def move() -> None:
            server.company = whole if "neuer" in change else changed(whole, voices=tuple(voices[1:-1]))

        layer.between = move
        try:
            harvest = run(server, kind, tmp_path)
        except KundenechoError as error:
            outcome = _CLASSES.get(type(error), RETRY)
        else:
            after, rows = truth(server, kind), fed(harvest)
            outcome = PART if harvest.truncated else WHOLE
            if not harvest.truncated:
                assert rows.keys() >= before.keys() & after.keys()
            assert rows.keys() <= before.keys() | after.keys()
    OUTCOMES.setdefault((change, kind), set()).add(outcome)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_personal_is_left_in_clear(kind: str, tmp_path: Path) -> None:
    with disturbed(kind, None) as (server, _):
        harvest = run(server, kind, tmp_path)
        persons = list(server.company.persons.values())
    rows = [
        {k: v for k, v in row.items() if k not in {"author_name", "text", "reply"}} for row in fed(harvest).values()
    ]
    written = json.dumps(rows, ensure_ascii=False) + harvest.rejected.read_text() + json.dumps(harvest.stats)
    for person in persons[:40]:
        for secret in (person.name, person.email, person.customer_no, *person.display.values()):
            assert secret not in written
    assert "BEST-1" not in written
    assert os.environ.get("KUNDENECHO_KEY_SECRET", "-") not in written
