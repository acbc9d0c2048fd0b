from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.company import Company, Person, Voice, company
from demo.fakes.etrusted import CHANNEL
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from spiders.judge import Harvest
from tests.spiders.crowd import FIRST, crowd
from tests.spiders.inprocess import card_of, collect_here
from tests.spiders.site import site
from tests.spiders.sources.wire import Wire, wired
from tests.spiders.test_faults import fed, truth

KIND = "etrusted"


def one(**values: Any) -> Company:
    hanno = Person("p", "Hanno Musterfrau Öz", {}, "hanno@example.org", "K-1", "DE", "Kassel")
    shown = {"stars": 1, "title": "Undicht", "text": "Der Tank leckt.", "type": "PRODUCT_REVIEW", **values}
    return Company({"p": hanno}, (Voice("v", KIND, "p", FIRST, shown, "HM-310"),))


def read(wire: Wire, folder: Path, **how: Any) -> dict[str, dict[str, Any]]:
    return fed(wire.collect(folder, **how))


def test_what_is_asked(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 230)) as wire:
        harvest = wire.collect(tmp_path)
    asked = wire.queries("reviews")
    assert (harvest.items, harvest.complete, len(asked)) == (230, True, 3)
    assert all((q["channels"], q["count"], q["orderBy"]) == (CHANNEL, "100", "updatedAt") for q in asked)
    assert ["after" in query for query in asked] == [False, True, True]
    assert sum(path == "oauth/token" for _, path, _ in wire.asked) == 1


def test_the_written_reviews_are_read(tmp_path: Path) -> None:
    with wired(KIND, company()) as wire:
        rows, expected = read(wire, tmp_path), truth(wire.server, KIND)
    assert rows.keys() == expected.keys()
    assert {(row["kind"], row["touchpoint"]) for row in rows.values()} == {
        ("shop_rating", "delivery"), ("review", "use"),
    }  # fmt: skip
    assert {row.get("product") for row in rows.values() if row["kind"] == "review"} <= {"HM-310", "HM-120", "HM-450"}
    assert not any(row.get("product") for row in rows.values() if row["kind"] == "shop_rating")


def test_a_cursor_after_the_last_page(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 200)) as wire:
        wire.fake.endless = True
        harvest = wire.collect(tmp_path)
    assert (harvest.items, harvest.complete, len(wire.queries("reviews"))) == (200, True, 3)


def test_new_and_edited_reviews_are_found(tmp_path: Path) -> None:
    whole = crowd(KIND, 900)
    with wired(KIND, replace(whole, voices=whole.voices[:890])) as wire:
        begun = wire.collect(tmp_path / "1")
        late = datetime.fromisoformat(str(begun.watermark)) + timedelta(days=3)
        old = replace(whole.voices[11], edits=({"date": late.isoformat(), "stars": 1, "text": "Nun kaputt."},))
        wire.server.company = replace(whole, voices=(*whole.voices[:11], old, *whole.voices[12:]))
        wire.asked.clear()
        again = wire.collect(tmp_path / "2", watermark=begun.watermark)
        expected = truth(wire.server, KIND)
    rows = fed(again)
    edited = next(row for row in rows.values() if row.get("text") == "Nun kaputt.")
    assert edited["rating_1_5"] == 1.0
    assert datetime.fromisoformat(edited["extra"]["edited_at"]) == late
    new = {key for key, said in expected.items() if said.created_at and said.created_at > whole.voices[889].date}
    assert len(new) == 10
    assert new <= rows.keys()
    assert len(wire.queries("reviews")) < 9
    assert (again.complete, again.truncated) == (False, False)
    assert datetime.fromisoformat(str(again.watermark)) == late


def test_a_list_in_another_order_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Everything was changed long after it was written: by submission, the changes are in no order.
    whole = crowd(KIND, 400)
    with wired(KIND, whole) as wire:
        monkeypatch.setattr(
            wire.fake, "_updated", lambda voice, shown: voice.date + timedelta(days=int(voice.id[1:]) % 7 * 9)
        )
        found = wire.fake._found
        monkeypatch.setattr(wire.fake, "_found", lambda asked: found({**asked, "orderBy": "submittedAt"}))
        harvest = wire.collect(tmp_path, watermark=(FIRST + timedelta(days=30)).isoformat())
    assert harvest.truncated
    assert harvest.items == 400
    assert harvest.notes == ("the source does not give the last changed first",)


def test_the_total_is_compared(tmp_path: Path) -> None:
    whole = crowd(KIND, 230)
    with wired(KIND, whole) as wire:
        # An edit while the list is read moves a review to the top, and nobody sees it.
        def edit(number: int) -> None:
            if number == 4:
                changed = replace(whole.voices[3], edits=({"date": "2027-01-01T00:00:00+00:00", "stars": 2},))
                wire.server.company = replace(whole, voices=(*whole.voices[:3], changed, *whole.voices[4:]))

        wire.before = edit
        harvest = wire.collect(tmp_path)
    assert (harvest.items, harvest.truncated, harvest.complete, harvest.watermark) == (229, True, False, None)


def page(first: int, count: int, total: int, after: Any) -> str:
    items = [
        {"id": f"rev-{n}", "rating": 4, "comment": "Gut", "submittedAt": "2026-05-29T10:15:00.000Z",
         "updatedAt": "2026-05-29T10:15:00.000Z", "state": "APPROVED", "type": "SERVICE_REVIEW"}
        for n in range(first, first + count)
    ]  # fmt: skip
    paging = {"count": count, "cursor": {"before": "rev-0", "after": after}}
    return json.dumps({"totalElements": total, "paging": paging, "items": items})


def read_pages(folder: Path, monkeypatch: pytest.MonkeyPatch, *pages: str) -> Harvest:
    """Read these pages from a server that asks for no token."""
    from spiders.sources.etrusted import Spider

    async def nobody(self: Spider) -> dict[str, str]:
        return {}

    monkeypatch.setattr(Spider, "authorisation", nobody)
    asked: list[str] = []

    def answer(path: str, _: int) -> tuple[int, str]:
        asked.append(path)
        return 200, pages[min(len(asked), len(pages)) - 1]

    with site(answer) as url:
        card = card_of(KIND, url, credentials=("A", "B"))
        return collect_here(card, folder, {"A": "a", "B": "b"})


def test_a_promised_page_that_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RetryError, match="promised"):
        read_pages(tmp_path, monkeypatch, page(0, 10, 20, "rev-9"), page(10, 0, 20, None))


def test_a_cursor_that_ends_too_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    harvest = read_pages(tmp_path, monkeypatch, page(0, 10, 20, None))
    assert (harvest.items, harvest.truncated, harvest.complete) == (10, True, False)


def test_a_cursor_in_a_circle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RetryError, match="circle"):
        read_pages(tmp_path, monkeypatch, page(0, 10, 30, "rev-9"), page(10, 10, 30, "rev-9"))


@pytest.mark.parametrize(
    ("body", "error"),
    [("", RetryError), ("[]", RetryError), ('{"items": []}', DataError), ('{"items": {}, "totalElements": 0}', DataError),
     ('{"items": [], "totalElements": "0", "paging": {}}', DataError), ('{"items": [], "totalElements": 0}', DataError),
     (page(0, 2, 9, 7), DataError), (page(0, 2, 9, ["x"]), DataError)],
)  # fmt: skip
def test_odd_answers_never_look_like_success(
    body: str, error: type[KundenechoError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(error):
        read_pages(tmp_path, monkeypatch, body)


def test_an_expired_token_is_renewed(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 230)) as wire:

        def expire(number: int) -> None:
            if number == 3:
                wire.fake.tokens.clear()

        wire.before = expire
        assert wire.collect(tmp_path).items == 230


def test_wrong_credentials(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 3)) as wire, pytest.raises(SettingsError, match="no token") as raised:
        wire.collect(tmp_path, env={"ETRUSTED_CLIENT_SECRET": "guess"})
    assert "guess" not in str(raised.value)


def test_another_channel_is_refused(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 3)) as wire, pytest.raises(SettingsError):
        wire.collect(tmp_path, account="chl-of-somebody-else")


def test_without_a_channel_the_whole_account_is_read(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 3)) as wire:
        assert wire.collect(tmp_path, account="").items == 3
    assert "channels" not in wire.queries("reviews")[0]


def test_a_negative_review_with_a_friendly_answer(tmp_path: Path) -> None:
    reply = {"text": "VIELEN DANK für Ihr wunderbares Lob!", "date": "2026-01-06T10:00:00+01:00"}
    with wired(KIND, one(reply=reply, order="BEST-1", state="MODERATION")) as wire:
        [row] = read(wire, tmp_path).values()
    assert (row["text"], row["rating_1_5"], row["reply"]) == ("Der Tank leckt.", 1.0, reply["text"])
    assert (row["reply_at"], row["state"], row["language"]) == ("2026-01-06T09:00:00+00:00", "hidden", "de")
    assert (row["kind"], row["touchpoint"], row["product"], row["verified_purchase"]) == (
        "review",
        "use",
        "HM-310",
        "yes",
    )
    # The interface tells the whole name.
    assert (row["author_name"], row["author_key"]) == ("Hanno M.", row["email_key"])
    assert "Musterfrau" not in json.dumps(row)
    assert "order_key" in row


def test_a_statement_has_no_text(tmp_path: Path) -> None:
    with wired(KIND, one(text=None, type="SERVICE_REVIEW")) as wire:
        [row] = read(wire, tmp_path).values()
    assert "text" not in row
    assert "title" not in row
    assert (row["extra"]["feedback_type"], row["kind"], row["rating_1_5"]) == ("statement", "shop_rating", 1.0)
