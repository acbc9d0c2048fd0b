from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from demo.company import Company
from demo.fakes.google_play import ISSUER, PACKAGE, service_account
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from spiders.judge import Harvest
from tests.spiders.crowd import crowd
from tests.spiders.inprocess import FastClock, card_of, collect_here
from tests.spiders.site import site
from tests.spiders.sources.wire import Wire, wired
from tests.spiders.test_faults import card_for

KIND = "google_play"
VARIABLE = "GOOGLE_PLAY_SERVICE_ACCOUNT"
LAST = datetime(2026, 5, 1, 12, tzinfo=UTC)
REVIEW = {"reviewId": "a", "comments": [{"userComment": {"text": "x", "starRating": 1, "lastModified": {"seconds": "1777600000"}}}]}  # fmt: skip


def rows(harvest: Harvest) -> list[dict[str, Any]]:
    return [json.loads(line) for line in harvest.feed.read_text(encoding="utf-8").splitlines()]


def at(wire: Wire, moment: datetime) -> FastClock:
    """A clock for the collector, which the server's follows."""
    clock = FastClock(moment)
    wire.fake.now = clock.now
    return clock


def from_site(status: int, body: str, folder: Path, **values: Any) -> Harvest:
    token = '{"access_token": "t", "expires_in": 3599, "token_type": "Bearer"}'
    with site(lambda path, n: (200, token) if path == "/token" else (status, body)) as url:
        card = card_of(KIND, url, token_address=f"{url}token", **values)
        return collect_here(card, folder, {VARIABLE: service_account()}, account=PACKAGE)


def test_the_last_seven_days_are_all_there_is_and_nothing_is_taken_for_gone(tmp_path: Path) -> None:
    whole = crowd(KIND, 400, last=LAST)
    with wired(KIND, whole) as wire:
        harvest = wire.collect(tmp_path)
    found = rows(harvest)
    assert 100 < len(found) < 168
    assert min(row["created_at"] for row in found) > (LAST - timedelta(days=7)).isoformat()
    # Everything was asked for and read, and still it is no full read.
    assert (harvest.complete, harvest.truncated) == (False, False)
    assert {query["maxResults"] for query in wire.queries("/reviews")} == {"100"}


def test_the_next_run_reads_the_week_again_and_finds_edits(tmp_path: Path) -> None:
    whole = crowd(KIND, 200, last=LAST)
    with wired(KIND, whole) as wire:
        first = wire.collect(tmp_path / "a", clock=at(wire, LAST))
        edit = {
            "date": (LAST + timedelta(hours=5)).isoformat(),
            "stars": 1,
            "text": "Stürzt ab.",
            "title": "Doch nicht",
        }
        edited = replace(whole.voices[150], edits=(edit,))
        wire.server.company = replace(whole, voices=(*whole.voices[:150], edited, *whole.voices[151:]))
        clock = at(wire, LAST + timedelta(hours=6))
        second = wire.collect(tmp_path / "b", watermark=first.watermark, clock=clock)
    before = {row["native_id"] for row in rows(first)}
    [row] = [row for row in rows(second) if row.get("text") == "Stürzt ab."]
    assert (row["native_id"] in before, row["title"], row["rating_1_5"]) == (True, "Doch nicht", 1)
    assert (row["created_at"], row["product"], row["likes"]) == ("2026-05-01T17:00:00+00:00", PACKAGE, 150 % 9)
    assert row["extra"]["app_version"] == "5.1.2"
    assert second.watermark == "2026-05-01T18:00:00.000+00:00"


@pytest.mark.parametrize(("days", "gap"), [(6, False), (8, True)])
def test_a_week_without_a_run_is_told_once(days: int, gap: bool, tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 50, last=LAST)) as wire:
        before = (LAST - timedelta(days=days)).isoformat()
        late = wire.collect(tmp_path / "a", watermark=before, clock=at(wire, LAST))
        again = wire.collect(tmp_path / "b", watermark=late.watermark, clock=at(wire, LAST + timedelta(hours=1)))
    assert (late.truncated, again.truncated, late.complete) == (gap, False, False)
    assert ("seven days ago" in " ".join(late.notes)) is gap
    assert late.watermark == LAST.isoformat(timespec="milliseconds")


def test_a_refused_review_does_not_hold_the_mark_back(tmp_path: Path) -> None:
    body = json.dumps({"reviews": [REVIEW, {"reviewId": "b", "comments": []}]})
    harvest = from_site(200, body, tmp_path)
    assert (harvest.items, harvest.rejected_count, harvest.truncated) == (1, 1, True)
    assert harvest.watermark


def test_a_week_without_reviews_must_be_expected(tmp_path: Path) -> None:
    with wired(KIND, Company({}, ())) as wire:
        with pytest.raises(RetryError, match="empty"):
            wire.collect(tmp_path / "a")
        card, env = card_for(wire.server, KIND, min_yield=0)
        harvest = collect_here(card, tmp_path / "b", env, account=PACKAGE)
    assert (harvest.items, harvest.complete) == (0, False)


@pytest.mark.parametrize("min_yield", [0, 1])
@pytest.mark.parametrize(
    "body", ["[]", '{"tokenPagination": {}}', '{"reviews": {}}', '{"reviews": [], "tokenPagination": []}',
             '{"reviews": [], "tokenPagination": {"nextPageToken": 7}}'],
)  # fmt: skip
def test_odd_answers_never_look_like_success(body: str, min_yield: int, tmp_path: Path) -> None:
    with pytest.raises((DataError, RetryError)):
        from_site(200, body, tmp_path, min_yield=min_yield)


def test_one_token_is_enough(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 3)) as wire:
        wire.collect(tmp_path)
        given = wire.fake.tokens.given
    assert (given, [path.rsplit("/", 1)[-1] for _, path, _ in wire.asked]) == (1, ["token", "reviews"])


def test_a_token_that_ends_on_the_way_is_renewed(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 168, last=LAST)) as wire:
        wire.before = lambda number: wire.fake.tokens.expire() if number == 3 else None
        harvest = wire.collect(tmp_path)
    paths = [path.rsplit("/", 1)[-1] for _, path, _ in wire.asked]
    assert paths == ["token", "reviews", "reviews", "token", "reviews"]
    assert harvest.items > 100


def changed(**values: Any) -> str:
    return json.dumps({**json.loads(service_account()), **values})


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("kein JSON geheim", "holds no service account"),
        ('"geheim"', "holds no service account"),
        ('{"private_key": "geheim"}', "holds no service account"),
        (changed(private_key="-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----\n"), "cannot sign"),
        (changed(client_email="geheim@example.com"), "HTTP 400"),
        (changed(private_key_id="geheim"), "HTTP 400"),
    ],
)
def test_a_wrong_service_account_is_not_quoted(secret: str, words: str, tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 3)) as wire, pytest.raises(SettingsError, match=words) as caught:
        wire.collect(tmp_path, env={VARIABLE: secret})
    assert "geheim" not in str(caught.value)


def test_a_key_whose_line_breaks_are_written_out(tmp_path: Path) -> None:
    key = json.loads(service_account())["private_key"].replace("\n", "\\n")
    with wired(KIND, crowd(KIND, 3)) as wire:
        assert wire.collect(tmp_path, env={VARIABLE: changed(private_key=key)}).items == 2


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("quotaExceeded", RetryError),
        ("rateLimitExceeded", RetryError),
        ("forbidden", SettingsError),
        ("", SettingsError),
    ],
)
def test_a_used_up_quota_is_no_missing_right(reason: str, error: type[KundenechoError], tmp_path: Path) -> None:
    errors = [{"message": "m", "domain": "androidpublisher", "reason": reason}]
    body = json.dumps({"error": {"code": 403, "message": "m", "errors": errors, "status": "PERMISSION_DENIED"}})
    with pytest.raises(error, match=reason or "PERMISSION_DENIED"):
        from_site(403, body, tmp_path)


def test_an_app_that_is_not_ours(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 3)) as wire, pytest.raises(DataError, match="NOT_FOUND"):
        wire.collect(tmp_path, account="de.fremd.app")


@pytest.mark.parametrize("account", ["", "app", "de.app/../x", "de.app?x=1"])
def test_an_account_that_is_no_package(account: str, tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 3)) as wire, pytest.raises(SettingsError, match="no package"):
        wire.collect(tmp_path, account=account)


def test_an_angry_review_and_its_friendly_answer(tmp_path: Path) -> None:
    whole = crowd(KIND, 2, last=LAST)
    reply = {"text": "DANKE!", "date": LAST.isoformat()}
    values = {**whole.voices[1].values, "stars": 1, "title": "Absturz", "text": "Nie wieder.", "reply": reply}
    with wired(KIND, replace(whole, voices=(replace(whole.voices[1], values=values),))) as wire:
        [row] = rows(wire.collect(tmp_path))
    assert (row["title"], row["text"], row["reply"], row["rating_1_5"]) == ("Absturz", "Nie wieder.", "DANKE!", 1)
    assert (row["language"], row["reply_at"]) == ("de", "2026-05-01T12:00:00+00:00")


def test_the_service_account_of_the_demo_is_a_real_one() -> None:
    file = json.loads(service_account())
    assert file["client_email"] == ISSUER
    assert jwt.get_unverified_header(jwt.encode({}, file["private_key"], "RS256"))["alg"] == "RS256"
