from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.company import Company, Voice, company
from kundenecho.errors import RetryError, SettingsError
from spiders.sources import trustpilot
from tests.spiders.crowd import FIRST, crowd
from tests.spiders.sources.wire import Wire, wired
from tests.spiders.test_faults import fed, truth

KINDS = ["trustpilot", "trustpilot_public"]
BEST = "trustpilot"


def ids(wire: Wire) -> set[str]:
    return set(truth(wire.server, wire.kind))


def changed(whole: Company, n: int, **edit: Any) -> Company:
    voice = replace(whole.voices[n], edits=(edit,))
    return replace(whole, voices=(*whole.voices[:n], voice, *whole.voices[n + 1 :]))


def voice(**values: Any) -> Company:
    shown = {"stars": 1, "title": "Nie wieder", "text": "Der Tank leckt.", "verified": True, **values}
    return Company({}, (Voice("v", BEST, None, FIRST, shown),))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked(kind: str, tmp_path: Path) -> None:
    with wired(kind, crowd(BEST, 150)) as wire:
        assert wire.collect(tmp_path).items == 150
    asked = wire.queries("reviews")
    pages = [(q["orderBy"], q["page"], q["perPage"]) for q in asked]
    # Two pages, the end of the first once more, the page that is empty, the end of the second, the oldest.
    assert pages == [
        ("createdat.desc", "1", "100"), ("createdat.desc", "2", "100"), ("createdat.desc", "10", "10"),
        ("createdat.desc", "3", "100"), ("createdat.asc", "1", "1"),
    ]  # fmt: skip
    assert not any("Time" in name or name == "apikey" for query in asked for name in query)
    assert sum(path.endswith("accesstoken") for _, path, _ in wire.asked) == (kind == "trustpilot")


@pytest.mark.parametrize("kind", KINDS)
def test_the_written_reviews_are_read(kind: str, tmp_path: Path) -> None:
    with wired(kind, company()) as wire:
        harvest = wire.collect(tmp_path)
        assert fed(harvest).keys() == ids(wire)
    assert harvest.complete
    assert harvest.watermark


@pytest.mark.parametrize("kind", KINDS)
def test_new_edited_and_answered_reviews_are_found(kind: str, tmp_path: Path) -> None:
    whole = crowd(BEST, 2000)  # over 83 days
    first = replace(whole, voices=whole.voices[:1990])
    late = whole.voices[1990].date + timedelta(days=1)
    with wired(kind, first) as wire:
        begun = wire.collect(tmp_path / "1")
        assert begun.items == 1990
        answered = {"text": "Doch noch eine Antwort.", "date": late.isoformat()}
        wire.server.company = changed(whole, 1500, date=late.isoformat(), stars=1, text="Nun kaputt.", reply=answered)
        wire.asked.clear()
        again = wire.collect(tmp_path / "2", watermark=begun.watermark, options={"reread_days": "30"})
        expected = truth(wire.server, kind)
    rows = fed(again)
    edited = next(row for row in rows.values() if row.get("text") == "Nun kaputt.")
    assert (edited["rating_1_5"], edited["reply"]) == (1.0, "Doch noch eine Antwort.")
    assert edited["extra"]["edited_at"].startswith(f"{late:%Y-%m-%d}")
    dates = sorted(said.created_at for said in expected.values() if said.created_at)
    start = datetime.fromisoformat(str(begun.watermark)) - timedelta(days=30, hours=48)
    wanted = {key for key, said in expected.items() if said.created_at and said.created_at >= start}
    assert wanted <= rows.keys()
    assert len(rows) < len(wanted) + trustpilot.PER_PAGE
    assert not again.complete
    assert datetime.fromisoformat(str(again.watermark)) == dates[-1]
    starts = {query.get("startDateTime") for query in wire.queries("reviews")}
    assert starts == ({f"{start:%Y-%m-%dT%H:%M:%S}"} if kind == "trustpilot" else {None})


def test_nothing_new_is_no_failure(tmp_path: Path) -> None:
    with wired("trustpilot", crowd(BEST, 3)) as wire:
        harvest = wire.collect(tmp_path, watermark="2029-01-01T00:00:00+00:00")
    assert (harvest.items, harvest.complete) == (0, False)
    # A mark from the future is brought back to this run's begin.
    assert harvest.watermark is not None
    assert harvest.watermark < "2029"


def test_a_unit_without_reviews_is_one(tmp_path: Path) -> None:
    with wired("trustpilot", Company({})) as wire, pytest.raises(Exception, match="at least 1"):
        wire.collect(tmp_path)


@pytest.mark.parametrize("own", [200, 100_000])
def test_beyond_the_ceiling_a_window_goes_on(own: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trustpilot.Spider, "ceiling", own)
    with wired("trustpilot", crowd(BEST, 530)) as wire:
        wire.fake.ceiling = 200
        harvest = wire.collect(tmp_path)
        assert fed(harvest).keys() == ids(wire)
    assert harvest.complete
    ends = [query.get("endDateTime") for query in wire.queries("reviews")]
    assert len(set(ends)) == 4  # the last one finds nothing but the border


@pytest.mark.parametrize("own", [200, 100_000])
def test_without_windows_the_ceiling_is_told(own: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trustpilot.Spider, "ceiling", own)
    with wired("trustpilot_public", crowd(BEST, 230)) as wire:
        wire.fake.ceiling = 200
        harvest = wire.collect(tmp_path)
    assert (harvest.items, harvest.truncated, harvest.complete, harvest.watermark) == (200, True, False, None)
    assert harvest.notes == ("the source gives no further pages after 200 reviews",)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gone", [1, 9])
def test_what_slips_over_a_border_is_fetched(kind: str, gone: int, tmp_path: Path) -> None:
    whole = crowd(BEST, 230)
    with wired(kind, whole) as wire:

        def delete(number: int) -> None:
            if [path for _, path, _ in wire.asked].count(wire.asked[-1][1]) == 2:
                wire.server.company = replace(whole, voices=whole.voices[:-gone])

        wire.before = delete
        harvest = wire.collect(tmp_path)
        assert fed(harvest).keys() >= ids(wire)
    assert (harvest.items, harvest.truncated) == (230, False)


def test_too_much_slipped_over_a_border(tmp_path: Path) -> None:
    whole = crowd(BEST, 230)
    with wired("trustpilot_public", whole) as wire:

        def delete(number: int) -> None:
            if number == 2:
                wire.server.company = replace(whole, voices=whole.voices[:-30])

        wire.before = delete
        with pytest.raises(RetryError, match="moved"):
            wire.collect(tmp_path)


def test_an_empty_page_in_the_middle_is_no_end(tmp_path: Path) -> None:
    whole = crowd(BEST, 230)
    with wired("trustpilot_public", whole) as wire:

        def empty(number: int) -> None:
            wire.server.company = Company({}) if number == 2 else whole

        wire.before = empty
        with pytest.raises(RetryError, match="before the end"):
            wire.collect(tmp_path)


def test_an_expired_token_is_renewed(tmp_path: Path) -> None:
    with wired("trustpilot", crowd(BEST, 230)) as wire:

        def expire(number: int) -> None:
            if number == 4:
                wire.fake.tokens.clear()

        wire.before = expire
        assert wire.collect(tmp_path).items == 230
    assert sum(path.endswith("accesstoken") for _, path, _ in wire.asked) == 2


def test_tokens_asked_for_too_often(tmp_path: Path) -> None:
    with wired("trustpilot", crowd(BEST, 3)) as wire:
        wire.fake.tokens_per_minute = 0
        with pytest.raises(RetryError, match="429"):
            wire.collect(tmp_path)


@pytest.mark.parametrize(
    ("kind", "env"),
    [("trustpilot", {"TRUSTPILOT_API_SECRET": "guess"}), ("trustpilot", {"TRUSTPILOT_PASSWORD": "guess"}),
     ("trustpilot_public", {"TRUSTPILOT_API_KEY": "guess"})],
)  # fmt: skip
def test_wrong_credentials(kind: str, env: dict[str, str], tmp_path: Path) -> None:
    with wired(kind, crowd(BEST, 3)) as wire, pytest.raises(SettingsError) as raised:
        wire.collect(tmp_path, env=env)
    assert "guess" not in str(raised.value)


def test_no_business_unit(tmp_path: Path) -> None:
    with wired("trustpilot", crowd(BEST, 3)) as wire, pytest.raises(SettingsError, match="no business unit"):
        wire.collect(tmp_path, account="")
    assert not wire.queries("reviews")


@pytest.mark.parametrize("days", ["", "viele", "-3", "99999"])
def test_odd_days(days: str, tmp_path: Path) -> None:
    with wired("trustpilot", crowd(BEST, 3)) as wire, pytest.raises(SettingsError, match="reread_days"):
        wire.collect(tmp_path, options={"reread_days": days})


@pytest.mark.parametrize("kind", KINDS)
def test_a_negative_review_with_a_friendly_answer(kind: str, tmp_path: Path) -> None:
    reply = {"text": "VIELEN DANK für Ihr wunderbares Lob!", "date": "2026-01-06T10:00:00+01:00"}
    with wired(kind, voice(reply=reply, experienced="2025-12-20", likes=4, reported="hidden")) as wire:
        [row] = fed(wire.collect(tmp_path)).values()
    assert (row["text"], row["rating_1_5"], row["reply"]) == ("Der Tank leckt.", 1.0, reply["text"])
    # The answer's time comes without a zone; the experience is not the day of the review.
    assert (row["reply_at"], row["experienced_at"]) == ("2026-01-06T09:00:00+00:00", "2025-12-20T00:00:00+00:00")
    assert datetime.fromisoformat(row["created_at"]) == FIRST.astimezone(UTC)
    assert (row["state"], row["likes"], row["verified_purchase"], row["language"]) == ("hidden", 4, "yes", "de")


def test_only_the_private_list_tells_order_and_address(tmp_path: Path) -> None:
    found = {}
    for kind in KINDS:
        with wired(kind, crowd(BEST, 20)) as wire:
            found[kind] = fed(wire.collect(tmp_path / kind)).values()
    assert sum("order_key" in row for row in found["trustpilot"]) == 10
    assert any("email_key" in row for row in found["trustpilot"])
    assert not any("order_key" in row or "email_key" in row for row in found["trustpilot_public"])
