from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.company import Company, Voice
from demo.fakes.google_business import LOCATION, GoogleBusiness
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from spiders.card import Card
from spiders.judge import Harvest
from spiders.sources.google_business import original
from tests.spiders.crowd import crowd
from tests.spiders.inprocess import card_of, collect_here, moved
from tests.spiders.site import site
from tests.spiders.sources.wire import wired
from tests.spiders.test_faults import card_for

KIND = "google_business"
LAST = datetime(2026, 5, 1, 12, tzinfo=UTC)
TOKEN = '{"access_token": "t", "expires_in": 3599, "token_type": "Bearer"}'
REVIEW = {"reviewId": "a", "starRating": "ONE", "createTime": "2026-05-01T10:00:00Z", "updateTime": "2026-05-01T10:00:00Z"}  # fmt: skip


def rows(harvest: Harvest) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in harvest.feed.read_text(encoding="utf-8").splitlines()]
    return {row["native_id"]: row for row in found}


def from_site(answer: Callable[[int], tuple[int, str]], folder: Path, **values: Any) -> tuple[Harvest, int]:
    """Collect from a server that answers the n-th list so; gives the harvest and how often it was asked."""
    asked = [0]

    def answered(path: str, _: int) -> tuple[int, str]:
        if path == "/token":
            return 200, TOKEN
        asked[0] += 1
        return answer(asked[0])

    how = {"account": values.pop("account", LOCATION), "watermark": values.pop("watermark", None)}
    with site(answered) as url:
        card = card_of(KIND, f"{url}v4/", token_address=f"{url}token", **values)
        return collect_here(card, folder, GoogleBusiness.secrets, full=how["watermark"] is None, **how), asked[0]


def with_voices(company: Company, *voices: Voice) -> Company:
    """The company with some voices more, or in place of those with the same id."""
    named = {voice.id: voice for voice in (*company.voices, *voices)}
    return replace(company, voices=tuple(named.values()))


def test_new_and_edited_reviews_are_found_without_reading_everything(tmp_path: Path) -> None:
    whole = crowd(KIND, 400, last=LAST)
    with wired(KIND, whole) as wire:
        first = wire.collect(tmp_path / "a")
        edit = {"date": (LAST + timedelta(hours=1)).isoformat(), "stars": 1, "text": "Doch undicht."}
        old = replace(whole.voices[3], edits=(edit,))
        new = replace(whole.voices[0], id="neu", date=LAST + timedelta(hours=2))
        wire.server.company = with_voices(whole, old, new)
        wire.asked.clear()
        second = wire.collect(tmp_path / "b", watermark=first.watermark)
        expected = {said.native_id: said for said in wire.fake.said()}
    assert (first.items, first.complete, first.watermark) == (400, True, "2026-05-01T12:00:00.000+00:00")
    found = rows(second)
    assert len(wire.queries("/reviews")) < 4
    assert (second.complete, second.truncated, len(found) < 200) == (False, False, True)
    assert "Doch undicht." in [row.get("text") for row in found.values()]
    since = LAST - timedelta(hours=48)
    wanted = [key for key, said in expected.items() if said.created_at and said.created_at >= since]
    assert found.keys() >= set(wanted)
    assert second.watermark == "2026-05-01T14:00:00.000+00:00"
    assert {(q["pageSize"], q["orderBy"]) for q in wire.queries("/reviews")} == {("50", "updateTime desc")}


def test_a_review_at_the_wrong_place_does_not_end_the_reading(tmp_path: Path) -> None:
    def page(n: int) -> tuple[int, str]:
        times = ["2026-05-01T10:00:00Z", "2019-01-01T00:00:00Z"] if n < 3 else ["2018-01-01T00:00:00Z"]
        reviews = [{**REVIEW, "reviewId": f"{n}-{k}", "updateTime": time} for k, time in enumerate(times)]
        return 200, json.dumps({"reviews": reviews, "totalReviewCount": 90, "nextPageToken": f"p{n}"})

    harvest, asked = from_site(page, tmp_path, watermark="2026-05-01T08:00:00+00:00")
    assert (harvest.items, asked, harvest.truncated) == (5, 3, False)


def test_reviews_that_disappear_while_what_is_new_is_read(tmp_path: Path) -> None:
    whole = crowd(KIND, 400, last=LAST)
    with wired(KIND, whole) as wire:

        def shrink(number: int) -> None:
            if number == 3:
                wire.server.company = replace(whole, voices=whole.voices[:-1])

        wire.before = shrink
        harvest = wire.collect(tmp_path, watermark=(LAST - timedelta(hours=40)).isoformat())
    assert (harvest.truncated, harvest.watermark) == (True, None)
    assert "disappeared" in harvest.notes[0]


def test_the_source_says_it_has_more(tmp_path: Path) -> None:
    answer = json.dumps({"reviews": [REVIEW], "averageRating": 1, "totalReviewCount": 2})
    harvest, _ = from_site(lambda n: (200, answer), tmp_path)
    assert (harvest.items, harvest.truncated, harvest.complete) == (1, True, False)
    assert "2 items and gave 1" in harvest.notes[0]


def test_the_figure_is_kept_apart(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 60, last=LAST)) as wire:
        harvest = wire.collect(tmp_path)
    assert harvest.aggregates is not None
    [figure] = [json.loads(line) for line in harvest.aggregates.read_text().splitlines()]
    assert (figure["account"], figure["rating_value"], figure["rating_count"]) == (LOCATION, 3.0, 60)


@pytest.mark.parametrize("bad", [2, 99])
def test_a_location_that_is_not_found_at_random(bad: int, tmp_path: Path) -> None:
    gone = json.dumps({"error": {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}})
    good = json.dumps({"reviews": [REVIEW], "averageRating": 1, "totalReviewCount": 1})

    def answer(n: int) -> tuple[int, str]:
        return (404, gone) if n <= bad else (200, good)

    if bad == 99:
        with pytest.raises(DataError, match=r"NOT_FOUND.*accounts"):
            from_site(answer, tmp_path)
    else:
        assert from_site(answer, tmp_path)[0].items == 1


def test_a_location_without_reviews_must_be_expected(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 0)) as wire:
        with pytest.raises(RetryError, match="empty"):
            wire.collect(tmp_path / "a")
        card, env = card_for(wire.server, KIND, min_yield=0)
        harvest = collect_here(card, tmp_path / "b", env, account=LOCATION)
    assert (harvest.items, harvest.complete, harvest.watermark) == (0, True, None)


@pytest.mark.parametrize("min_yield", [0, 1])
@pytest.mark.parametrize(
    "body",
    ['{"averageRating": 4.6, "totalReviewCount": 60}', '{"reviews": {}}', "[]", '{"totalReviewCount": 0, "items": []}',
     '{"reviews": [], "nextPageToken": 7}', "<html>"],
)  # fmt: skip
def test_an_outage_is_not_a_location_without_reviews(body: str, min_yield: int, tmp_path: Path) -> None:
    with pytest.raises((DataError, RetryError)):
        from_site(lambda n: (200, body), tmp_path, min_yield=min_yield)


def test_a_token_that_ends_on_the_way_is_renewed(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 120, last=LAST)) as wire:
        wire.before = lambda number: wire.fake.tokens.expire() if number == 3 else None
        harvest = wire.collect(tmp_path)
    paths = [path.rsplit("/", 1)[-1] for _, path, _ in wire.asked]
    assert paths == ["token", "reviews", "reviews", "token", "reviews", "reviews"]
    assert (harvest.items, harvest.complete) == (120, True)


@pytest.mark.parametrize("name", list(GoogleBusiness.secrets))
def test_a_withdrawn_consent_names_the_variables_and_not_their_values(name: str, tmp_path: Path) -> None:
    with (
        wired(KIND, crowd(KIND, 3)) as wire,
        pytest.raises(SettingsError, match=r"HTTP 40[01].*REFRESH_TOKEN") as caught,
    ):
        wire.collect(tmp_path, env={name: "geheim-und-falsch"})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("approved", "error", "words"), [(True, RetryError, "RESOURCE_EXHAUSTED"), (False, SettingsError, "quota is 0")]
)
def test_a_quota_that_is_used_up_and_one_that_was_never_given(
    approved: bool, error: type[KundenechoError], words: str, tmp_path: Path
) -> None:
    with wired(KIND, crowd(KIND, 120, last=LAST)) as wire:
        wire.fake.approved = approved
        body = wire.fake.quota().body.decode()
    with pytest.raises(error, match=words):
        from_site(lambda n: (429, body), tmp_path)


@pytest.mark.parametrize("account", ["", "5521", "accounts/1068", "accounts/1/locations/2/reviews", "../token"])
def test_an_account_that_is_no_location(account: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no location"):
        from_site(lambda n: (200, "{}"), tmp_path, account=account)


def test_an_angry_review_and_its_friendly_answer(tmp_path: Path) -> None:
    whole = crowd(KIND, 1, last=LAST)
    reply = {"text": "VIELEN DANK für die tolle Bewertung!", "date": LAST.isoformat()}
    angry = replace(
        whole.voices[0], values={**whole.voices[0].values, "stars": 1, "text": "Nie wieder.", "reply": reply}
    )
    with wired(KIND, replace(whole, voices=(angry,))) as wire:
        [row] = rows(wire.collect(tmp_path)).values()
    assert (row["text"], row["reply"], row["rating_1_5"]) == ("Nie wieder.", reply["text"], 1)
    assert (row["kind"], row["reply_at"]) == ("shop_rating", "2026-05-01T12:00:00+00:00")
    assert "author_name" not in row


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        (None, None),
        ("Gut", "Gut"),
        ("Ersatz (Original) verbaut", "Ersatz (Original) verbaut"),
        ("(Translated by Google) A\n\n(Original)\nB", "B"),
        ("(Translated by Google) A (Original) A\n\n(Original)\nB (Original) B", "B (Original) B"),
        ("B\n\n(Translated by Google)\nA", "B"),
        ("(Original)\nB\n\n(Translated by Google)\nA", "B"),
        ("(Translated by Google) A (Original) B", "B"),
        ("(Translated by Google) A", "A"),
        ("(Translated by Google)\n\n(Original)\n", None),
        ("(Translated by Google)", None),
    ],
)
def test_the_original_is_kept(comment: str | None, found: str | None) -> None:
    assert original(comment) == found


def test_the_card_reads_everything_once_a_week() -> None:
    card: Card = moved(card_of(KIND))
    assert (card.full_read, card.full_read_days, card.robots) == (False, 7, False)
