"""What was planted in the demo company is found."""

from __future__ import annotations

import json
from datetime import date

from tests.cli.conftest import Installation, installed  # noqa: F401  the same fixture
from tests.conftest import rows
from tests.demo.test_corpus import truth


def test_the_clogged_spout_is_found_with_its_fix(installed: Installation) -> None:  # noqa: F811
    defects = json.loads(installed.run("defects", "--format", "json").output)
    best = defects[0]
    assert (best["product"], best["component"], best["defect"]) == ("HM-310", "Auslaufdüse", "blockage")
    assert best["signal"] == "rising"
    assert best["first_seen"].startswith("2026-03")
    assert "Büroklammer" in best["remedy"]["text"]
    # About seventy texts tell it; a few name no part and some are on the portal, which names no product.
    assert best["persons"] >= 25


def test_since_when_the_spout_clogs(installed: Installation) -> None:  # noqa: F811
    with installed.db.connect("test") as conn:
        [(since, low, high, factor)] = rows(
            conn,
            "SELECT rising_since, rising_since_low, rising_since_high, rising_factor FROM lists.defects"
            " WHERE (product, component, defect) = ('HM-310', 'Auslaufdüse', 'blockage')",
        )
        [(others,)] = rows(
            conn,
            "SELECT count(*) FROM lists.defects WHERE rising_since IS NOT NULL AND defect <> 'blockage'",
        )
    # Planted in March: within two weeks of it.
    assert date(2026, 2, 16) <= since <= date(2026, 4, 13)
    assert low <= since <= high
    assert factor is None or factor > 2
    assert others == 0
    assert "steigt seit" in " ".join(installed.run("defects", "--limit", "1").output.split())


def test_no_rare_defect_rises(installed: Installation) -> None:  # noqa: F811
    defects = json.loads(installed.run("defects", "--format", "json").output)
    alarms = [d for d in defects if d["signal"] in {"rising", "new"} and d["defect"] != "blockage"]
    assert alarms == []


def test_advocates_that_were_planted_are_listed(installed: Installation) -> None:  # noqa: F811
    from demo.company import company

    planted = {row["person"] for row in truth() if row.get("advocate")}
    names = {name for p in planted for name in company().persons[p].display.values()}
    listed = {a["display_name"] for a in json.loads(installed.run("advocates", "--format", "json").output)}
    # Persons on two portals are not joined by name alone, so not every planted one can be found yet.
    assert len(names & listed) >= len(planted) / 3
