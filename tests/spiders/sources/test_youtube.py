from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.company import Company, Person, Voice
from demo.fakes.youtube import CHANNEL, YouTube
from demo.server import DemoServer
from kundenecho.errors import KundenechoError, RetryError, SettingsError
from kundenecho.keying import Keyer
from spiders.card import Card
from spiders.formats.youtube_comments import plain
from spiders.judge import Harvest
from spiders.sources.youtube import QuotaSpentError
from tests.spiders.crowd import crowd
from tests.spiders.inprocess import card_of, collect_here, spider_of
from tests.spiders.site import site
from tests.spiders.sources.recorded import Recorder

FIRST = datetime(2026, 3, 1, 10, tzinfo=UTC)
VIDEO = YouTube.accounts[0]
ENV = {"YOUTUBE_API_KEY": "demo-key"}


def voice(key: str, hour: int, **values: Any) -> Voice:
    shown = {"video": "aurora-reinigen", "text": f"Meinung {key}", "likes": hour % 5, "parent": None, **values}
    return Voice(key, "youtube", "p1", FIRST + timedelta(hours=hour), shown, edits=tuple(values.get("edits", ())))


def company(*voices: Voice) -> Company:
    return Company(
        {"p1": Person("p1", "Ina Beispiel", {"youtube": "@ina-b"}, "ina@example.org", "K-1", "DE", "Kassel")}, voices
    )


def thread(replies: int, key: str = "oben", hour: int = 0) -> list[Voice]:
    return [voice(key, hour), *(voice(f"{key}-{n}", hour + n + 1, parent=key) for n in range(replies))]


def card(server: DemoServer, **values: Any) -> Card:
    return card_of("youtube", server.fakes["youtube"].url, accounts=YouTube.accounts, **values)


def collect(server: DemoServer, folder: Path, **values: Any) -> Harvest:
    return collect_here(card(server, **values), folder, ENV, account=VIDEO)


def fed(harvest: Harvest) -> dict[str, dict[str, Any]]:
    return {row["text"]: row for row in map(json.loads, harvest.feed.read_text(encoding="utf-8").splitlines())}


@pytest.mark.parametrize(("replies", "asked"), [(5, 1), (6, 2), (130, 3)])
def test_replies_that_a_thread_does_not_hold_are_asked_for(replies: int, asked: int, tmp_path: Path) -> None:
    recorder = Recorder("youtube/")
    with DemoServer(company(*thread(replies)), wrap=recorder.wrap) as server:
        harvest = collect(server, tmp_path)
    rows = fed(harvest)
    top = rows.pop("Meinung oben")
    assert {row["parent_id"] for row in rows.values()} == {top["native_id"]}
    assert (len(rows), harvest.complete, len(recorder.exchanges)) == (replies, True, asked)
    assert "parent_id" not in top
    assert {row["kind"] for row in rows.values()} == {"comment"}


def test_a_friendly_answer_is_no_opinion(tmp_path: Path) -> None:
    answer = {"text": "Vielen Dank für das tolle Lob!", "date": "2026-03-02T08:00:00+00:00"}
    with DemoServer(company(voice("a", 0, text="Totaler Schrott, tropft.", reply=answer))) as server:
        found = fed(collect(server, tmp_path))
    assert list(found) == ["Totaler Schrott, tropft."]
    [row] = found.values()
    assert (row["reply"], row["reply_at"]) == (answer["text"], answer["date"])


def test_the_company_may_answer_from_another_channel(tmp_path: Path) -> None:
    answer = {"text": "Danke!", "date": "2026-03-02T08:00:00+00:00"}
    with DemoServer(company(voice("a", 0, reply=answer))) as server:
        options = {"units_per_day": "100", "own_channel": "UCunserKanal"}
        rows = fed(collect(server, tmp_path / "a", options=options))
        assert set(rows) == {"Meinung a", "Danke!"}
        options["own_channel"] = CHANNEL
        assert set(fed(collect(server, tmp_path / "b", options=options))) == {"Meinung a"}


def test_an_edit_is_read_and_a_deleted_comment_is_absent_of_a_complete_read(tmp_path: Path) -> None:
    edit = {"date": "2026-04-01T10:00:00+00:00", "text": "Jetzt doch gut"}
    voices = [voice("a", 0, edits=[edit]), voice("b", 1), voice("c", 2)]
    with DemoServer(company(*voices), as_of=datetime(2026, 3, 20, tzinfo=UTC)) as server:
        before = fed(collect(server, tmp_path / "a"))
        server.as_of, server.company = None, company(voices[0], voices[2])
        harvest = collect(server, tmp_path / "b")
    after = fed(harvest)
    assert set(before) == {"Meinung a", "Meinung b", "Meinung c"}
    assert set(after) == {"Jetzt doch gut", "Meinung c"}
    assert after["Jetzt doch gut"]["native_id"] == before["Meinung a"]["native_id"]
    assert after["Jetzt doch gut"]["extra"] == {"edited_at": "2026-04-01T10:00:00Z"}
    assert "extra" not in after["Meinung c"]
    assert harvest.complete
    assert harvest.watermark is None


def test_what_was_read_before_the_quota_ended_is_kept(tmp_path: Path) -> None:
    with DemoServer(crowd("youtube", 330)) as server:
        server.fakes["youtube"].units = 3  # type: ignore[attr-defined]
        harvest = collect(server, tmp_path)
    assert (harvest.items, harvest.truncated, harvest.complete) == (300, True, False)
    assert "the quota is used up; the rest of the comments was not read" in harvest.notes


def test_a_quota_that_is_used_up_before_anything_is_read(tmp_path: Path) -> None:
    with DemoServer(crowd("youtube", 3)) as server:
        server.fakes["youtube"].units = 0  # type: ignore[attr-defined]
        with pytest.raises(RetryError, match=r"quota is used up.*midnight Pacific"):
            collect(server, tmp_path)


def test_the_accounts_share_a_budget(tmp_path: Path) -> None:
    recorder = Recorder("youtube/")
    with DemoServer(crowd("youtube", 330), wrap=recorder.wrap) as server:
        harvest = collect(server, tmp_path, options={"units_per_day": "5"})
    assert (harvest.items, harvest.truncated, len(recorder.exchanges)) == (200, True, 2)
    assert "share of 5 units" in harvest.notes[0]


def test_a_budget_that_is_no_number(tmp_path: Path) -> None:
    with DemoServer(crowd("youtube", 3)) as server, pytest.raises(SettingsError, match="units_per_day"):
        collect(server, tmp_path, options={"units_per_day": "viele"})


def test_a_thread_without_its_replies_waits_for_the_next_run(tmp_path: Path) -> None:
    voices = [*thread(8, "kurz"), *thread(8, "lang", 20), voice("allein", 50)]
    with DemoServer(company(*voices)) as server:
        server.fakes["youtube"].units = 2  # type: ignore[attr-defined]
        harvest = collect(server, tmp_path)
    rows = fed(harvest)
    assert "Meinung allein" in rows
    assert sum("lang" in text for text in rows) == 9
    assert not [text for text in rows if "kurz" in text]
    assert harvest.truncated


def test_disabled_comments_are_told_with_the_video(tmp_path: Path) -> None:
    with DemoServer(crowd("youtube", 3)) as server:
        server.fakes["youtube"].disabled = frozenset({VIDEO})  # type: ignore[attr-defined]
        with pytest.raises(SettingsError, match=f"comments are disabled below the video {VIDEO}"):
            collect(server, tmp_path)


def test_an_unknown_video_and_a_wrong_key(tmp_path: Path) -> None:
    with DemoServer(crowd("youtube", 3)) as server:
        with pytest.raises(SettingsError, match="no public video gibtEsNicht"):
            collect_here(card(server), tmp_path / "a", ENV, account="gibtEsNicht")
        with pytest.raises(SettingsError, match="key is not valid") as caught:
            collect_here(card(server), tmp_path / "b", {"YOUTUBE_API_KEY": "geraten"}, account=VIDEO)
        with pytest.raises(SettingsError, match="names no video"):
            collect_here(card(server), tmp_path / "c", ENV)
    assert "geraten" not in str(caught.value)


def test_the_key_stands_in_no_address(tmp_path: Path) -> None:
    recorder = Recorder("youtube/")
    with DemoServer(company(*thread(7)), wrap=recorder.wrap) as server:
        collect(server, tmp_path)
    for exchange in recorder.exchanges:
        assert "key" not in exchange.query
        assert exchange.headers["x-goog-api-key"] == "demo-key"
        assert exchange.query["textFormat"] == "plainText"


def body(items: list[Any], **more: Any) -> str:
    return json.dumps({"kind": "youtube#commentThreadListResponse", "items": items, **more})


def one(key: str, total: int = 0) -> dict[str, Any]:
    snippet = {"textDisplay": key, "publishedAt": "2026-03-01T10:00:00Z", "authorDisplayName": "@x"}
    return {"id": key, "snippet": {"totalReplyCount": total, "topLevelComment": {"id": key, "snippet": snippet}}}


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([body([one("a", 2)]), body([])], "a thread has fewer replies than the source says"),
        ([body([one("a")], nextPageToken="n"), body([])], "promised a further page and gave an empty one"),
    ],
)
def test_less_than_was_promised_is_told(pages: list[str], words: str, tmp_path: Path) -> None:
    with site(lambda p, n: (200, pages[0] if "commentThreads" in p and "pageToken" not in p else pages[1])) as url:
        harvest = collect_here(card_of("youtube", url), tmp_path, ENV, account=VIDEO)
    assert (harvest.items, harvest.truncated, harvest.complete) == (1, True, False)
    assert words in harvest.notes[0]


def test_a_video_without_comments_is_no_fault(tmp_path: Path) -> None:
    with site(lambda p, n: (200, body([]))) as url:
        harvest = collect_here(card_of("youtube", url), tmp_path, ENV, account=VIDEO)
    assert (harvest.items, harvest.complete) == (0, True)


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (403, "quotaExceeded", RetryError), (403, "rateLimitExceeded", RetryError), (403, "forbidden", SettingsError),
        (403, "commentsDisabled", SettingsError), (404, "videoNotFound", SettingsError), (400, "keyInvalid", SettingsError),
        (400, "invalidPageToken", RetryError), (400, "processingFailure", RetryError), (404, "commentNotFound", RetryError),
    ],
)  # fmt: skip
def test_reasons_say_what_to_do(status: int, reason: str, error: type[KundenechoError], tmp_path: Path) -> None:
    answer = json.dumps(
        {"error": {"code": status, "message": "Ina Beispiel", "errors": [{"domain": "d", "reason": reason}]}}
    )
    with site(lambda p, n: (status, answer)) as url, pytest.raises(error) as caught:
        collect_here(card_of("youtube", url), tmp_path, ENV, account=VIDEO)
    assert "Ina" not in str(caught.value)


@pytest.mark.parametrize(
    "answer", ["[]", '{"error": []}', '{"error": {"errors": "x", "details": 7}}', '{"error": {"errors": [1, null]}}']
)
def test_a_refusal_of_another_shape(answer: str, tmp_path: Path) -> None:
    with site(lambda p, n: (403, answer)) as url, pytest.raises(SettingsError, match="HTTP 403"):
        collect_here(card_of("youtube", url), tmp_path, ENV, account=VIDEO)


def test_odd_threads_cost_themselves_only(keyer: Keyer, tmp_path: Path) -> None:
    good = one("gut")
    odd: list[Any] = [
        None,
        7,
        "x",
        [],
        {},
        {"snippet": []},
        {"snippet": {"topLevelComment": 3}},
        {**good, "replies": {"comments": "x"}},
    ]
    spider = spider_of("youtube", keyer, tmp_path)
    page = {"url": "u", "fetched_at": "2026-06-01T00:00:00+00:00", "status": 200, "digest": "d"}
    found = list(spider.parse([*odd, good], page))
    assert [type(item).__name__ for item in found] == ["Reject"] * 7 + ["Feedback"] * 2


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("&lt;3 &amp;amp; &#39;gut&#x27;", "<3 &amp; 'gut'"), ("Q&A, R&D&copy", "Q&A, R&D&copy"), ("a<br />b<BR>\nc", "a\nb\nc"),
        ("<Düse> bleibt", "<Düse> bleibt"), ("&unbekannt; &#9999999;", "&unbekannt; \ufffd"), (" ", None), (None, None),
    ],
)  # fmt: skip
def test_texts_are_decoded_once(shown: str | None, text: str | None) -> None:
    assert plain(shown) == text


def test_a_spent_quota_is_for_later() -> None:
    assert issubclass(QuotaSpentError, RetryError)
    assert replace(card_of("youtube"), full_read=True).refresh_days == 30
