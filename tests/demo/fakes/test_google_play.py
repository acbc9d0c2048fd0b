"""The fake of the Google Play Developer API: strict with grants and parameters, and as Google describes it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from demo.fakes.google_play import GRANT, ISSUER, KEY_ID, PACKAGE, READS, SCOPE, service_account
from demo.server import DemoServer
from tests.conftest import SHARED, needs_shared
from tests.demo.fakes.calls import call
from tests.demo.fakes.discovery import method, schema
from tests.spiders.crowd import FIRST, crowd
from tests.spiders.inprocess import collect_here
from tests.spiders.sources.recorded import Exchange, Recorder
from tests.spiders.test_faults import card_for

KIND = "google_play"
SPEC = SHARED / "specs" / "google-androidpublisher-v3-reviews.json"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(crowd(KIND, 150)) as running:
        yield running


@cache
def stranger() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def granted(
    server: DemoServer, *, key: Any = None, kid: str = KEY_ID, algorithm: str = "RS256", form: dict[str, str] | None = None,
    **claims: Any,
) -> tuple[int, Any]:  # fmt: skip
    now, url = int(time.time()), f"{server.fakes[KIND].url}token"
    said = {"iss": ISSUER, "scope": SCOPE, "aud": url, "iat": now, "exp": now + 3600, **claims}
    own = key or json.loads(service_account())["private_key"]
    grant = jwt.encode({k: v for k, v in said.items() if v is not None}, own, algorithm, {"kid": kid})
    return call(url, form={"grant_type": GRANT, "assertion": grant, **(form or {})})


def bearer_of(server: DemoServer) -> dict[str, str]:
    status, answer = granted(server)
    assert status == 200
    return {"Authorization": f"Bearer {answer['access_token']}"}


def reviews(server: DemoServer, headers: dict[str, str], package: str = PACKAGE, **params: Any) -> tuple[int, Any]:
    url = f"{server.fakes[KIND].url}androidpublisher/v3/applications/{package}/reviews"
    return call(url, params, headers=headers)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"key": "x" * 40, "algorithm": "HS256"}, "invalid_grant"),
        ({"key": stranger}, "invalid_grant"),
        ({"kid": "another"}, "invalid_grant"),
        ({"iss": "someone@example.com"}, "invalid_grant"),
        ({"aud": "https://elsewhere.example/token"}, "invalid_grant"),
        ({"iat": None}, "invalid_grant"),
        ({"exp": lambda: int(time.time()) - 60, "iat": lambda: int(time.time()) - 3600}, "invalid_grant"),
        ({"exp": lambda: int(time.time()) + 9999}, "invalid_grant"),
        ({"iat": lambda: int(time.time()) + 1800}, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "invalid_scope"),
        ({"form": {"grant_type": "client_credentials"}}, "unsupported_grant_type"),
        ({"form": {"assertion": "a.b.c"}}, "invalid_grant"),
    ],
)
def test_no_token_is_given(server: DemoServer, wrong: dict[str, Any], word: str) -> None:
    now = {name: value() if callable(value) else value for name, value in wrong.items()}
    status, answer = granted(server, **now)
    assert (status, answer["error"]) == (400, word)


@pytest.mark.parametrize(
    ("wrong", "status", "word"),
    [
        ({"headers": {}}, 401, "UNAUTHENTICATED"),
        ({"headers": {"Authorization": "Bearer geraten"}}, 401, "UNAUTHENTICATED"),
        ({"package": "de.fremd.app"}, 404, "NOT_FOUND"),
        ({"maxResults": "alle"}, 400, "INVALID_ARGUMENT"),
        ({"maxResults": 0}, 400, "INVALID_ARGUMENT"),
        ({"startIndex": -1}, 400, "INVALID_ARGUMENT"),
        ({"token": "erfunden"}, 400, "INVALID_ARGUMENT"),
        ({"pageToken": "x"}, 400, "INVALID_ARGUMENT"),
    ],
)
def test_what_is_not_documented_is_refused(server: DemoServer, wrong: dict[str, Any], status: int, word: str) -> None:
    code, answer = reviews(server, **{"headers": bearer_of(server), **wrong})
    assert (code, answer["error"]["code"], answer["error"]["status"]) == (status, status, word)


def test_only_a_week_and_only_texts(server: DemoServer) -> None:
    headers = bearer_of(server)
    server.as_of = FIRST + timedelta(hours=149)
    _, page = reviews(server, headers, maxResults=100)
    _, rest = reviews(server, headers, maxResults=100, token=page["tokenPagination"]["nextPageToken"])
    server.as_of = FIRST + timedelta(days=8)
    _, later = reviews(server, headers, maxResults=100)
    server.as_of = FIRST + timedelta(days=60)
    _, empty = reviews(server, headers)
    server.as_of = None
    found = [*page["reviews"], *rest["reviews"]]
    assert (len(found), empty) == (112, {})
    assert len(later["reviews"]) < len(found)
    texts = [review["comments"][0]["userComment"]["text"] for review in found]
    assert all(text.strip() for text in texts)
    assert {text.count("\t") for text in texts} == {0, 1}
    assert any(text.startswith("\t") for text in texts)


def test_a_translation_is_given_only_where_it_is_asked_for(server: DemoServer) -> None:
    headers = bearer_of(server)
    [plain] = reviews(server, headers, maxResults=1)[1]["reviews"]
    [translated] = reviews(server, headers, maxResults=1, translationLanguage="en")[1]["reviews"]
    before, after = (review["comments"][0]["userComment"] for review in (plain, translated))
    assert "originalText" not in before
    assert after["originalText"] == before["text"] != after["text"]


def test_two_hundred_reads_an_hour() -> None:
    with DemoServer(crowd(KIND, 3)) as server:
        headers = bearer_of(server)
        codes = [reviews(server, headers)[0] for _ in range(READS + 1)]
        _, answer = reviews(server, headers)
    assert codes == [200] * READS + [403]
    assert answer["error"]["errors"][0]["reason"] == "quotaExceeded"


def exchanges(folder: Path) -> list[Exchange]:
    """What the spider and the fake say to each other over two pages."""
    recorder = Recorder("/reviews")
    with DemoServer(crowd(KIND, 168), wrap=recorder.wrap) as server:
        card, env = card_for(server, KIND)
        assert collect_here(card, folder, env, account=PACKAGE).items > 100
    assert len(recorder.exchanges) == 2
    return recorder.exchanges


@needs_shared
def test_answers_and_requests_are_what_google_describes(tmp_path: Path) -> None:
    path, known = method(SPEC, "reviews", "list")
    for exchange in exchanges(tmp_path):
        jsonschema.validate(exchange.json(), schema(SPEC, "ReviewsListResponse"))
        assert re.fullmatch(path.replace("{packageName}", "[^/]+"), exchange.path.removeprefix(f"/{KIND}/"))
        assert all(known[name]["location"] == "query" for name in exchange.query)
        assert int(exchange.query["maxResults"]) > 0
        for review in exchange.json()["reviews"]:
            for comment in review["comments"]:
                assert len(comment) == 1
