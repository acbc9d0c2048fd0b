"""SurveyMonkey: what changed is found, the day's calls are kept, weights of an NPS are no scores."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.company import Company, Voice, company
from demo.fakes.surveymonkey import SURVEY, question_id, response_id
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.keying import Keyer
from spiders.card import Card
from spiders.formats.survey_details import Survey
from tests.conftest import SHARED, needs_shared
from tests.spiders.crowd import FIRST, crowd
from tests.spiders.inprocess import card_of, spider_of
from tests.spiders.sources.wire import wired
from tests.spiders.test_faults import fed, truth

KIND = "surveymonkey"
PAGE = {"url": "https://api.example/p", "fetched_at": "2026-06-01T08:00:00+00:00", "status": 200, "digest": "d"}
BULK = "responses/bulk"


def one(**values: Any) -> Company:
    return Company({}, (Voice("v", KIND, None, FIRST, {"nps": 9, "answers": {"gut": "Schnell."}, **values}),))


def test_the_written_answers_are_read(tmp_path: Path) -> None:
    with wired(KIND, company()) as wire:
        harvest, expected = wire.collect(tmp_path), truth(wire.server, KIND)
    rows = fed(harvest)
    assert rows.keys() == expected.keys()
    assert {row["nps_0_10"] for row in rows.values() if "nps_0_10" in row} <= set(range(11))
    assert not any(row.get("text", "").startswith("Testeintrag") for row in rows.values())
    assert (harvest.complete, harvest.truncated) == (True, False)
    score = next(row["extra"]["scores"] for row in rows.values() if "scores" in row["extra"])
    assert set(score) == {"Tempo", "Freundlichkeit"}
    assert all(row["extra"]["question"] != "" and "<" not in row["extra"]["question"] for row in rows.values())


def test_each_page_is_asked_in_order(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 230)) as wire:
        wire.collect(tmp_path)
    sort = {"sort_by": "date_modified", "sort_order": "ASC"}
    assert wire.queries(BULK) == [{"per_page": "100", **sort, "page": str(n)} for n in (1, 2, 3)]
    assert [path for _, path, _ in wire.asked].count(f"surveys/{SURVEY}/details") == 1


def test_new_and_changed_responses_are_found(tmp_path: Path) -> None:
    whole = crowd(KIND, 200)
    late = whole.voices[190].date
    begun = replace(whole, voices=(*whole.voices[:3], changed(whole.voices[3], status="partial"), *whole.voices[4:190]))
    done = changed(whole.voices[3], status="partial")
    done = replace(done, edits=({"date": late.isoformat(), "status": "completed"},))
    with wired(KIND, begun) as wire:
        first = wire.collect(tmp_path / "1")
        partial = fed(first)[f"{response_id(done)}/{question_id('gut')}"]
        assert "nps_0_10" not in partial
        assert partial["extra"]["status"] == "partial"
        wire.server.company = replace(whole, voices=(*whole.voices[:3], done, *whole.voices[4:]))
        wire.asked.clear()
        again = wire.collect(tmp_path / "2", watermark=first.watermark)
    [asked] = wire.queries(BULK)
    since = datetime.fromisoformat(asked["start_modified_at"]).replace(tzinfo=UTC)
    assert since == datetime.fromisoformat(str(first.watermark)) - timedelta(hours=1)
    rows = fed(again)
    assert {key.split("/")[0] for key in rows} >= {response_id(v) for v in whole.voices[190:]} | {response_id(done)}
    assert rows[f"{response_id(done)}/{question_id('gut')}"]["nps_0_10"] == 3
    assert len({key.split("/")[0] for key in rows}) < 15
    assert (again.complete, again.truncated) == (False, False)
    assert str(again.watermark) > str(first.watermark)


def changed(voice: Voice, **values: Any) -> Voice:
    return replace(voice, values={**voice.values, **values})


def test_a_partial_response_without_words_is_none(tmp_path: Path) -> None:
    with wired(KIND, one(status="partial", answers={})) as wire:
        assert wire.collect(tmp_path / "1", watermark="2026-01-01T00:00:00+00:00").items == 0
        wire.server.company = one(answers={})
        [(key, row)] = fed(wire.collect(tmp_path / "2")).items()
    assert key.endswith("/rating")
    assert row["nps_0_10"] == 9


def test_the_next_run_goes_on_where_the_calls_ended(tmp_path: Path) -> None:
    whole = crowd(KIND, 450)
    with wired(KIND, whole) as wire:
        wire.fake.day_limit = 4  # the details and three pages
        first = wire.collect(tmp_path / "1")
        assert (first.truncated, first.complete, len(wire.asked)) == (True, False, 4)
        assert "the day's calls are used up" in first.notes[0]
        last = whole.voices[299].date + timedelta(seconds=93)
        assert datetime.fromisoformat(str(first.watermark)) == last
        wire.fake.calls = 0
        second = wire.collect(tmp_path / "2", watermark=first.watermark)
        assert not second.truncated
        assert fed(first).keys() | fed(second).keys() == truth(wire.server, KIND).keys()


@pytest.mark.parametrize("limit", [0, 1])
def test_no_calls_at_all(limit: int, tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 5)) as wire:
        wire.fake.day_limit = limit
        with pytest.raises(RetryError):
            wire.collect(tmp_path)


def test_calls_that_end_with_the_last_page_are_enough(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 230)) as wire:
        wire.fake.day_limit = 4
        assert wire.collect(tmp_path).complete


def test_refused_in_the_middle_of_the_list(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 230)) as wire:

        def spend(asked: int) -> None:
            if asked == 3:
                wire.fake.calls = 500  # somebody else has used the account

        wire.before = spend
        harvest = wire.collect(tmp_path)
    assert harvest.truncated
    assert harvest.watermark
    assert len({key.split("/")[0] for key in fed(harvest)}) == 100


def test_the_data_centre_is_another(tmp_path: Path) -> None:
    with wired(KIND, one()) as wire:
        wire.fake.data_centre = "eu"
        with pytest.raises(SettingsError, match="access_url") as error:
            wire.collect(tmp_path)
    assert "1018" in str(error.value)


@pytest.mark.parametrize(
    ("how", "words"),
    [({"account": "999"}, "1020"), ({"account": ""}, "names no survey"), ({"env": {"SURVEYMONKEY_TOKEN": "other"}}, "1011")],
)  # fmt: skip
def test_what_settings_mend(how: dict[str, Any], words: str, tmp_path: Path) -> None:
    with wired(KIND, one()) as wire, pytest.raises(SettingsError, match=words) as error:
        wire.collect(tmp_path, **how)
    assert "other" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"rating_question": "gibt es nicht"}, "names 0 questions"), ({"nps_question": "e"}, "questions"),
     ({"rating_question": "Service"}, "several rows"), ({"nps_question": "Service"}, "0 to 10"), ({"nps_question": "("}, "compiles")],
)  # fmt: skip
def test_options_that_name_no_question(options: dict[str, str], words: str, tmp_path: Path) -> None:
    with wired(KIND, one()) as wire, pytest.raises(SettingsError, match=words):
        wire.collect(tmp_path, options=options)


def test_personal_fields_become_keys(keyer: Keyer, tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 2)) as wire:
        harvest = wire.collect(tmp_path, options={"customer_variable": "kdnr"})
        person = wire.server.company.persons["c1"]
    row = next(row for row in fed(harvest).values() if "email_key" in row)
    assert (row["email_key"], row["customer_key"]) == (keyer.email(person.email), keyer.customer(person.customer_no))
    assert "author_name" not in row
    written = harvest.feed.read_text(encoding="utf-8")
    assert not [
        secret for secret in (person.name, person.email, person.customer_no, "192.0.2.7", "sm=") if secret in written
    ]


def choices(*texts: str, weights: tuple[int, ...] | None = None) -> list[dict[str, Any]]:
    return [
        {"id": str(n), "position": n + 1, "text": text, "weight": weights[n] if weights else None}
        for n, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("texts", "scores"),
    [
        ([str(n) for n in range(11)], list(range(11))),
        ([str(n) for n in range(10, -1, -1)], list(range(10, -1, -1))),  # the best first
        (["gar nicht", *[""] * 9, "sehr"], list(range(11))),  # by position
        ([str(n) for n in range(1, 12)], None),  # 1 to 11 is no NPS
        ([str(n) for n in range(1, 11)], None),  # nor is 1 to 10
        (["gar nicht - 1", *[""] * 9, "sehr - 11"], None),
    ],
)
def test_the_score_of_an_nps(texts: list[str], scores: list[int] | None) -> None:
    weights = (-100,) * 7 + (0,) * 2 + (100,) * 2
    question = {"id": "1", "family": "matrix", "subtype": "rating", "headings": [{"heading": "Empfehlen würden Sie uns?"}],
                "answers": {"rows": [{"id": "r", "text": ""}], "choices": choices(*texts, weights=weights)}}  # fmt: skip
    survey = Survey({"pages": [{"questions": [question]}]}, Card("s", KIND))
    assert list(survey.questions["1"].scores.values()) == (scores or [])
    assert survey.nps == ("1" if scores else None)


def test_weights_need_not_be_numbers_from_one(keyer: Keyer, tmp_path: Path) -> None:
    question = {"id": "1", "family": "matrix", "subtype": "rating", "headings": [{"heading": "Insgesamt?"}],
                "answers": {"rows": [{"id": "r", "text": ""}], "choices": choices("schlecht", "mittel", "gut", weights=(10, 20, 50))}}  # fmt: skip
    answer = [{"id": "1", "answers": [{"choice_id": "1", "row_id": "r"}]}]
    response = {"id": "7", "collection_mode": "default", "response_status": "completed", "pages": [{"questions": answer}],
                "date_created": "2026-04-02T17:01:22+00:00"}  # fmt: skip
    payload = {"details": {"pages": [{"questions": [question]}]}, "data": [response]}
    spider = spider_of(KIND, keyer, tmp_path, options={"rating_question": "insgesamt"})
    [row] = spider.parse(payload, PAGE)
    assert (row.raw_value, row.raw_min, row.raw_max, row.rating_1_5, row.nps_0_10) == (20, 10, 50, 2.0, None)


@pytest.mark.parametrize("details", [{"pages": "x"}, {"pages": [{"questions": [{"family": "matrix"}]}]}, {"id": "1"}])
def test_odd_details_are_no_success(details: Any, keyer: Keyer, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="details"):
        list(spider_of(KIND, keyer, tmp_path).parse({"details": details, "data": []}, PAGE))


def test_a_list_in_another_order_is_not_gone_on_from(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 230)) as wire:
        wire.fake.day_limit = 3
        real = wire.fake._response
        wire.fake._response = lambda voice, shown: {
            **real(voice, shown),
            "date_modified": f"{2025 + int(voice.id[1:]) % 2}-05-01T00:00:00+00:00",
        }
        harvest = wire.collect(tmp_path)
    assert (harvest.truncated, harvest.watermark) == (True, None)


def test_the_card_is_paced() -> None:
    card = card_of(KIND)
    assert (card.requests_per_minute, card.overlap_hours, card.full_read_days) == (120, 1, 7)


@needs_shared
def test_recorded_responses_are_read(keyer: Keyer, tmp_path: Path) -> None:
    """Only one of the recorded questions is recorded itself; the NPS is told by its row's and choices' ids."""
    recorded = json.loads((SHARED / "fixtures" / KIND / "recorded_api_records.json").read_text(encoding="utf-8"))
    first = 4285525050
    numbers = [{"id": str(first + n), "position": n + 1, "text": str(n), "weight": w} for n, w in
               enumerate([-100] * 7 + [0] * 2 + [100] * 2)]  # fmt: skip
    questions = [
        *recorded["survey_questions"],
        {"id": "652286714", "family": "matrix", "subtype": "rating", "headings": [{"heading": "How likely are you to recommend it?"}],
         "answers": {"rows": [{"id": "4285525061", "text": ""}], "choices": numbers}},
        {"id": "652286719", "family": "open_ended", "subtype": "essay", "headings": [{"heading": "?"}]},
        *({"id": key, "family": "single_choice", "subtype": "vertical", "headings": [{"heading": key}],
           "answers": {"choices": [{"id": choice, "text": choice} for choice in found]}}
          for key, found in (("652286715", ["4285525064", "4285525067"]), ("652286721", ["4285525084"]))),
    ]  # fmt: skip
    details = {"language": "en", "pages": [{"questions": questions}]}
    made: list[Any] = list(
        spider_of(KIND, keyer, tmp_path).parse({"details": details, "data": recorded["responses_bulk_data"]}, PAGE)
    )
    passive, *detractor = made
    assert (passive.native_id, passive.text, passive.nps_0_10) == ("12706126725/rating", None, 8)
    assert [(r.native_id, r.nps_0_10, r.response_key, r.rating_1_5) for r in detractor] == [
        ("12706152767/652286726", 2, "12706152767", None), ("12706152767/652286719", 2, "12706152767", None)
    ]  # fmt: skip
    assert passive.created_at == datetime(2021, 6, 1, 17, 39, 51, tzinfo=UTC)
    assert "192.0.2." not in json.dumps([r.to_dict() for r in made])


@pytest.mark.parametrize("change", [{"data": None}, {"links": None}, {"total": None}])
def test_a_page_that_is_none(change: dict[str, Any], tmp_path: Path) -> None:
    with wired(KIND, one()) as wire:
        real = wire.fake._answer
        wire.fake._answer = lambda payload: real({**payload, **change} if "data" in payload else payload)
        with pytest.raises(KundenechoError, match="another than documented"):
            wire.collect(tmp_path)
