"""The report of reviews that an export brings from several portals, dated by the month: portals apart, real months."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kundenecho.records import Feedback
from kundenecho.settings import Settings, SourceTable
from pipeline.decide import decide
from pipeline.defect_report import gather
from storage.connect import Connection
from tests.pipeline.counting import understand

TABLE = {"kind": "file", "title": "Hotels", "address": "x.csv", "columns": {"native_id": "id", "account": "portal"}}


def test_months_stay_months_and_portals_portals(
    settings: Settings, conn: Connection, load: Any, feedback: Callable[..., Feedback], tmp_path: Path
) -> None:
    hotels = replace(settings, sources={"shop": SourceTable("shop", TABLE, 1, tmp_path / "k.toml")})
    load(
        [
            feedback(
                str(n), "Die Dusche ist undicht." if n % 3 == 0 else f"Schön, Nummer {n}.", author=None,
                account="booking" if n % 2 else "holiday-check", created_precision="month",
                created_at=datetime(2023 + n // 12, n % 12 + 1, 1, 12, tzinfo=UTC),
                collected_at=datetime(2026, 6, 1, tzinfo=UTC),
            )
            for n in range(36)
        ]
    )  # fmt: skip
    understand(conn)
    decide(hotels)
    found = gather(conn, hotels, "HM-120")
    [entry] = found.entries
    assert found.until == "Dezember 2025"
    assert dict(entry.figures)["Quellen"] == "Hotels (booking) 6, Hotels (holiday-check) 6"
    assert dict(entry.figures)["Zuerst und zuletzt"] == "Januar 2023, Oktober 2025"
    assert found.parts[0].facts[:2] == [
        "36 Bewertungen von 36 Personen (Hotels (booking) 18, Hotels (holiday-check) 18).",
        "Die älteste ist vom Januar 2023, die neueste vom Dezember 2025.",
    ]
    assert entry.quotes[0].origin.startswith("Hotels (")
    assert entry.chart is not None
    assert [bar.label for bar in entry.chart.bars][-1] == "Dezember 2025"
