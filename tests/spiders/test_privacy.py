"""No address, number or handle leaves the collecting process in clear: not in a file, not in a message."""

from __future__ import annotations

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from spiders import run
from spiders.card import Card
from spiders.personal import keyed_cells, scrubbed, without_persons
from spiders.run import run_source
from tests.conftest import SECRET
from tests.spiders.site import CARD, collect, site

SECRETS = ("ina.beispiel@example.org", "0170/1234567", "K-104477", "B-778812", "kaffee_ina_77", "Ina Beispiel")
COLUMNS = ("id", "mail", "tel", "kunde", "bestellung", "konto", "name", "datum", "note", "nps", "text")
EXPORT = Card(
    "export", "file", min_yield=0, rating_max=6, rating_best="low",
    columns={"native_id": "id", "email": "mail", "phone": "tel", "customer": "kunde", "order": "bestellung", "author": "konto",
             "author_name": "name", "created_at": "datum", "rating": "note", "nps": "nps", "text": "text"},
)  # fmt: skip


def files_of(folder: Path) -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in (folder / "run").iterdir())


def test_good_and_refused_rows_of_an_export(tmp_path: Path) -> None:
    good = ["1", *SECRETS, "24.03.2026", "2", "9", "Gut gebrüht, gern wieder."]
    slipped = ["2", *SECRETS, "Gut; aber", "24.03.2026", "2", "9", "Gut gebrüht, gern wieder."]
    bad = ["3", *SECRETS, "24.03.2026", "7", "9", "Gut gebrüht, gern wieder."]
    short = ["4", *SECRETS[::-1]]
    moved = ["5", "", "", "", "", "", "", SECRETS[0], SECRETS[5], SECRETS[1], "Gut gebrüht, gern wieder."]
    file = tmp_path / "export.csv"
    file.write_text("\n".join(";".join(row) for row in (COLUMNS, good, slipped, bad, short, moved)), encoding="utf-8")
    harvest = run_source(EXPORT, "", tmp_path / "run", env=dict(os.environ), files=[file])
    assert (harvest.items, harvest.rejected_count) == (1, 4)
    record = json.loads(harvest.feed.read_text(encoding="utf-8"))
    assert record.pop("author_name") == "Ina Beispiel"
    everything = (
        json.dumps(record, ensure_ascii=False)
        + harvest.rejected.read_text(encoding="utf-8")
        + json.dumps(harvest.stats)
    )
    assert [secret for secret in SECRETS if secret in everything] == ["Ina Beispiel"]
    # A name that slipped into a column for something else is the one thing that cannot be told from a word.
    refused = [json.loads(line) for line in harvest.rejected.read_text(encoding="utf-8").splitlines()]
    assert [row["where"] for row in refused if "Ina Beispiel" in json.dumps(row)] == ["export.csv:6"]


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_any_disorder(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    rows = []
    for number in range(200):
        row = [str(number), *SECRETS[:5], "", "24.03.2026", "2", "9", "Gut gebrüht, gern wieder."]
        rng.shuffle(row)
        rows.append(row[: rng.randint(1, 12)] + rng.choice([[], ["mehr"]]))
    file = tmp_path / "export.csv"
    file.write_text("\n".join(";".join(row) for row in (COLUMNS, *rows)), encoding="utf-8")
    run_source(EXPORT, "", tmp_path / "run", env=dict(os.environ), files=[file])
    refused = (tmp_path / "run" / "rejected.jsonl").read_text(encoding="utf-8")
    assert "@example.org" not in refused
    assert "0170/1234567" not in refused


def test_pages_and_their_refused_reviews(tmp_path: Path) -> None:
    review = {
        "@type": "Review", "reviewBody": "Gießt gut", "reviewRating": {"ratingValue": 5}, "datePublished": "2026-01-01",
        "author": {"@type": "Person", "name": "Ina Beispiel", "email": SECRETS[0], "telephone": SECRETS[1]},
    }  # fmt: skip
    reviews = [
        review,
        {**review, "reviewBody": "Tropft", "reviewRating": {"ratingValue": 9}},
        {**review, "datePublished": f"am {SECRETS[0]}"},
    ]
    body = f'<script type="application/ld+json">{json.dumps({"@type": "Product", "name": "K", "review": reviews})}</script>'
    harvest = collect(lambda p, n: (404, "") if p == "/robots.txt" else (200, body), tmp_path)
    assert (harvest.items, harvest.rejected_count) == (1, 2)
    record = json.loads(harvest.feed.read_text(encoding="utf-8"))
    assert record.pop("author_name") == "Ina Beispiel"
    everything = json.dumps(record) + harvest.rejected.read_text(encoding="utf-8") + json.dumps(harvest.stats)
    assert [secret for secret in SECRETS if secret in everything] == []


def test_a_crash_says_nothing_of_what_it_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "raise ValueError('Ina Beispiel: ina.beispiel@example.org\\nInaBeispielError')"
    monkeypatch.setattr(run, "COMMAND", (run.sys.executable, "-c", program))
    with site(lambda p, n: (200, "")) as url, pytest.raises(DataError) as caught:
        run_source(replace(CARD, address=url), "", tmp_path / "run", env=dict(os.environ))
    assert "Ina" not in str(caught.value)
    assert "ValueError" in str(caught.value)


def test_scrubbing_keeps_what_is_no_address() -> None:
    keyer = Keyer(SECRET)
    kept = {"a": "24.03.2026 18:30", "b": 4.5, "c": ["Gut, 5 Sterne", None, True], "d": "ASIN B0012345678"}
    assert scrubbed(kept, keyer) == kept
    found = scrubbed(["an Ina.Beispiel@Example.org, Tel. +49 (0)170 1234567"], keyer)[0]
    assert keyer.email("ina.beispiel@example.org") in found
    assert keyer.phone("0170 1234567") in found


@given(st.emails(), st.text(max_size=10))
def test_no_address_survives(address: str, around: str) -> None:
    keyer = Keyer(SECRET)
    plain = address.isascii() and all(c.isalnum() or c in "@.+_-" for c in address)
    if plain:
        assert address not in scrubbed(f"{around} {address} {around}", keyer)
    assert keyed_cells({"a": address}, keyer)["a"].startswith("k1:")


def test_people_are_left_out_of_nodes_at_any_depth() -> None:
    node = {"@type": "Review", "author": "x", "comment": [{"text": "Danke", "author": {"name": "y"}, "creator": "z"}]}
    assert without_persons(node) == {"@type": "Review", "comment": [{"text": "Danke"}]}
