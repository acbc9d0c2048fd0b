"""Every fault over every kind of export: complete, or visibly not; never a success with fewer rows than there were.

``make faults`` prints what came out of each cell as a table.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError, YieldError
from spiders.card import Card, kinds, merged
from spiders.context import Context
from spiders.files.exports import read_export
from spiders.output import Output
from spiders.run import Harvest, judge
from tests.conftest import SECRET
from tests.spiders.file_examples import EXAMPLES, Example, write

COUNT = 60
FILES = [kind for kind in sorted(kinds()) if kinds()[kind].get("reader", "api") == "file"]
WHOLE, PART, RETRY, SETTINGS, DATA = "vollständig", "unvollständig, gemeldet", "später wieder", "Einstellungen", "Daten"
YIELD = "Ertrag"
_CLASSES: dict[type[KundenechoError], str] = {
    RetryError: RETRY, SettingsError: SETTINGS, DataError: DATA, YieldError: YIELD,
}  # fmt: skip
#: Outcome by fault and kind, for the table.
OUTCOMES: dict[tuple[str, str], set[str]] = {}
_HTML = (
    "<!doctype html><html><body><h1>Anmelden</h1>\n<p>Ihre Sitzung ist abgelaufen; bitte zurück.</p></body></html>\n"
)

Table = list[list[Any]]


@dataclass(frozen=True)
class Fault:
    """What happens to a file: before it is written to its table, or afterwards to its bytes."""

    name: str
    expected: set[str]
    table: Callable[[Example, Table], Table] | None = None
    content: Callable[[bytes], bytes] | None = None
    encoding: str = "utf-8"
    declared: str | None = None
    suffixes: tuple[str, ...] = (".csv", ".xlsx", ".jsonl")


def _without_id(example: Example, table: Table) -> Table:
    n = len(example.header) + 20
    return [*table[:n], ["", *table[n][1:]], *table[n + 1 :]]


def _odd_word(example: Example, table: Table) -> Table:
    n = len(example.header) + 20
    row = list(table[n])
    row[example.closed] = "ETWAS_NEUES"
    return [*table[:n], row, *table[n + 1 :]]


def _repeated(example: Example, table: Table) -> Table:
    n = len(example.header)
    return [*table[: n + 30], *table[n + 10 : n + 30], *table[n + 30 :]]


def _cut(share: float) -> Callable[[bytes], bytes]:
    return lambda content: content[: int(len(content) * share)].rstrip(b"\r\n")


def _is(text: str) -> Callable[[bytes], bytes]:
    return lambda _: text.encode()


_NO_TABLE = {SETTINGS, DATA, YIELD}
FAULTS = (
    Fault("HTML-Seite statt Export", _NO_TABLE, content=_is(_HTML)),
    Fault("{} statt Export", _NO_TABLE, content=_is("{}\n")),
    Fault("[] statt Export", _NO_TABLE, content=_is("[]\n")),
    Fault("leere Datei", {DATA}, content=_is("")),
    Fault("nur Kopfzeile", {YIELD}, table=lambda example, table: table[: len(example.header)], suffixes=(".csv", ".xlsx")),
    Fault("in der Mitte abgeschnitten", {PART, DATA, YIELD}, content=_cut(0.5)),
    Fault("kurz vor dem Ende abgeschnitten", {PART, DATA, YIELD}, content=_cut(0.998)),
    Fault("am Anfang abgeschnitten", _NO_TABLE, content=lambda c: c[len(c) // 2 :], suffixes=(".csv", ".xlsx")),
    Fault("falscher Zeichensatz", {WHOLE, PART, *_NO_TABLE}, encoding="cp1252", suffixes=(".csv", ".jsonl")),
    Fault("anderer Zeichensatz als erklärt", {PART, *_NO_TABLE}, encoding="cp1252", declared="utf-8", suffixes=(".csv",)),
    Fault("UTF-8 als cp1252 erklärt", {SETTINGS}, declared="cp1252", suffixes=(".csv",)),
    Fault("Block wiederholt", {WHOLE}, table=_repeated),
    Fault("Zeile ohne Kennung", {PART}, table=_without_id),
    Fault("unbekanntes Wort", {PART}, table=_odd_word),
)  # fmt: skip


def card_for(kind: str, **values: Any) -> Card:
    known = merged(kinds()[kind], {**EXAMPLES[kind].card, "full_read": True, **values})
    return Card("export", kind, **{k: tuple(v) if isinstance(v, list) else v for k, v in known.items()})


def collect(file: Path, card: Card, folder: Path) -> Harvest:
    """Read a file as the collecting process does, judged the same."""
    from datetime import UTC, datetime

    from kundenecho.keying import Keyer

    keyer, notices = Keyer(SECRET), list[str]()
    output = Output(folder, keyer)
    stats: dict[str, Any] = {"finish_reason": "finished", "notices": notices}
    try:
        for item in read_export(file, Context(card, "", keyer, datetime(2026, 6, 1, tzinfo=UTC)), notices.append):
            output.take(item)
    except KundenechoError:
        output.close(stats)
        raise
    output.close(stats)
    counts = {"yielded": output.yielded, "written": output.written, "rejected": output.rejected}
    return judge(card, {**stats, **counts}, folder, full=True)


def fed(harvest: Harvest) -> dict[str, dict[str, Any]]:
    rows = map(json.loads, harvest.feed.read_text(encoding="utf-8").splitlines())
    return {row["native_id"]: {k: v for k, v in row.items() if k not in {"page", "raw"}} for row in rows}


def truth(kind: str, suffix: str, folder: Path) -> dict[str, dict[str, Any]]:
    example = EXAMPLES[kind]
    file = write(example, folder / f"gut{suffix}", example.table(COUNT))
    harvest = collect(file, card_for(kind), folder / "gut")
    assert (harvest.rejected_count, harvest.complete, harvest.notes) == (0, True, ())
    rows = fed(harvest)
    assert len(rows) == COUNT == harvest.items
    return rows


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_has_an_example(kind: str) -> None:
    assert kind in EXAMPLES


def cells() -> list[Any]:
    return [
        pytest.param(kind, suffix, fault, id=f"{kind}{suffix}-{fault.name}")
        for kind in FILES
        for suffix in EXAMPLES[kind].suffixes
        for fault in FAULTS
        if suffix in fault.suffixes
    ]


@pytest.mark.parametrize(("kind", "suffix", "fault"), cells())
def test_no_fault_looks_like_success(kind: str, suffix: str, fault: Fault, tmp_path: Path) -> None:
    example, expected = EXAMPLES[kind], truth(kind, suffix, tmp_path)
    table = example.table(COUNT)
    file = tmp_path / f"export{suffix}"
    write(example, file, fault.table(example, table) if fault.table else table, fault.encoding)
    if fault.content:
        file.write_bytes(fault.content(file.read_bytes()))
    try:
        harvest = collect(
            file, card_for(kind, **({"encoding": fault.declared} if fault.declared else {})), tmp_path / "run"
        )
    except KundenechoError as error:
        outcome = _CLASSES[type(error)]
        assert error.what
        assert error.where
        assert "@example" not in str(error)
    else:
        outcome = judged(harvest, expected)
    assert outcome in fault.expected, outcome
    OUTCOMES.setdefault((fault.name, kind), set()).add(outcome)


def judged(harvest: Harvest, expected: dict[str, dict[str, Any]]) -> str:
    rows = fed(harvest)
    assert rows.keys() <= expected.keys()
    if harvest.notes:
        # The last row of a file that is cut off may be read with less than it had.
        last = max(rows, key=list(expected).index)
        assert all(row == expected[key] for key, row in rows.items() if key != last)
        assert not harvest.complete or "cut off" in " ".join(harvest.notes)
        return PART
    assert rows == expected
    assert not harvest.rejected_count
    return WHOLE


@pytest.mark.parametrize("kind", FILES)
def test_a_machine_in_another_zone(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {suffix: truth(kind, suffix, tmp_path) for suffix in EXAMPLES[kind].suffixes}
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        for suffix, expected in here.items():
            assert truth(kind, suffix, tmp_path) == expected
    finally:
        monkeypatch.undo()
        time.tzset()
    OUTCOMES.setdefault(("Uhr in anderer Zone", kind), set()).add(WHOLE)


@pytest.mark.parametrize("kind", FILES)
def test_nothing_personal_is_left_in_clear(kind: str, tmp_path: Path) -> None:
    example = EXAMPLES[kind]
    table = _odd_word(example, _without_id(example, example.table(COUNT)))
    harvest = collect(write(example, tmp_path / "export.csv", table), card_for(kind), tmp_path / "run")
    written = harvest.feed.read_text(encoding="utf-8") + harvest.rejected.read_text(encoding="utf-8")
    assert harvest.rejected_count
    for secret in ("@example", "zwirn", "Zwirn", "Ottilie", "K-9", "192.0.2."):
        assert secret not in written
