"""The fake of YouTube's interface: it refuses what is not documented, and answers as Google describes it."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from demo.fakes.youtube import API_KEY, CHANNEL, YouTube, video_id
from demo.server import DemoServer
from tests.conftest import SHARED, needs_shared
from tests.spiders.crowd import crowd
from tests.spiders.inprocess import card_of, collect_here
from tests.spiders.sources.recorded import Exchange, Recorder
from tests.spiders.sources.test_youtube import company, thread

SPEC = SHARED / "specs" / "google-youtube-v3-comments.json"
VIDEO = video_id("aurora-reinigen")
GOOD = {"part": "snippet,replies", "videoId": VIDEO}


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


def call(
    server: DemoServer, query: dict[str, str], path: str = "commentThreads", key: str | None = API_KEY, method: str = "GET"
) -> tuple[int, Any]:  # fmt: skip
    url = f"{server.url}youtube/{path}?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(url, method=method, headers={"X-Goog-Api-Key": key} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["error"]["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"key": None}, (403, "forbidden")),
        ({"key": "geraten"}, (400, "badRequest")),
        ({"method": "POST"}, (401, "authorizationRequired")),
        ({"query": {"part": "snippet"}}, (400, "missingRequiredParameter")),
        ({"query": {"videoId": VIDEO}}, (400, "missingRequiredParameter")),
        ({"query": {**GOOD, "channelId": CHANNEL}}, (400, "incompatibleParameters")),
        ({"query": {**GOOD, "part": "snippet,statistics"}}, (400, "unknownPart")),
        ({"query": {**GOOD, "maxResults": "101"}}, (400, "invalidParameter")),
        ({"query": {**GOOD, "maxResults": "0"}}, (400, "invalidParameter")),
        ({"query": {**GOOD, "maxResults": "alle"}}, (400, "invalidParameter")),
        ({"query": {**GOOD, "order": "newest"}}, (400, "invalidParameter")),
        ({"query": {**GOOD, "textFormat": "text"}}, (400, "invalidParameter")),
        ({"query": {**GOOD, "publishedAfter": "2026-01-01"}}, (400, "badRequest")),
        ({"query": {**GOOD, "pageToken": "erfunden"}}, (400, "invalidPageToken")),
        ({"query": {**GOOD, "videoId": "gibtEsNicht"}}, (404, "videoNotFound")),
        ({"query": {**GOOD, "moderationStatus": "heldForReview"}}, (403, "forbidden")),
        ({"path": "comments", "query": {"part": "snippet", "videoId": VIDEO}}, (400, "badRequest")),
        ({"path": "comments", "query": {"part": "snippet"}}, (400, "missingRequiredParameter")),
        ({"path": "comments", "query": {"part": "snippet", "parentId": "x"}}, (404, "commentNotFound")),
    ],
)
def test_what_is_not_documented_is_refused(server: DemoServer, wrong: dict[str, Any], refusal: tuple[int, str]) -> None:
    assert call(server, **{"query": GOOD, **wrong}) == refusal


def test_the_key_may_stand_in_the_address(server: DemoServer) -> None:
    assert call(server, {**GOOD, "key": API_KEY}, key=None)[0] == 200


def test_disabled_comments_and_a_used_up_quota() -> None:
    with DemoServer() as server:
        fake: Any = server.fakes["youtube"]
        fake.units = 2
        assert [call(server, GOOD)[0] for _ in range(3)] == [200, 200, 403]
        assert call(server, GOOD) == (403, "quotaExceeded")
        fake.units, fake.disabled = None, frozenset({VIDEO})
        assert call(server, GOOD) == (403, "commentsDisabled")


def test_pages_hold_everything_once(server: DemoServer) -> None:
    seen: list[str] = []
    for video in YouTube.accounts:
        query = {**GOOD, "videoId": video, "maxResults": "3"}
        while True:
            status, page = call(server, query)
            assert status == 200
            for found in page["items"]:
                replies = found.get("replies", {}).get("comments", [])
                total = found["snippet"]["totalReplyCount"]
                assert len(replies) == min(5, total)
                if total > 5:
                    asked = {"part": "snippet", "parentId": found["id"], "maxResults": "100"}
                    replies = call(server, asked, "comments")[1]["items"]
                seen += [found["id"], *(reply["id"] for reply in replies)]
            if "nextPageToken" not in page:
                break
            query["pageToken"] = page["nextPageToken"]
    assert len(seen) == len(set(seen)) == len(server.fakes["youtube"].voices())


def test_texts_are_html_unless_plain_text_is_asked_for() -> None:
    with DemoServer(crowd("youtube", 1)) as server:
        texts = [
            call(server, {**GOOD, **more})[1]["items"][0]["snippet"]["topLevelComment"]["snippet"]["textDisplay"]
            for more in ({}, {"textFormat": "plainText"})
        ]
    assert "&amp;" in texts[0]
    assert "&amp;" not in texts[1]


def schema(name: str) -> dict[str, Any]:
    """Google's description of an answer as a JSON schema that allows nothing else."""
    types = json.loads(SPEC.read_text(encoding="utf-8"))["schemas"]

    def of(node: Any) -> Any:
        if "$ref" in node:
            return {"$ref": f"#/$defs/{node['$ref']}"}
        kept = {key: node[key] for key in ("type", "enum") if key in node}
        if "properties" in node:
            kept |= {"additionalProperties": False, "properties": {k: of(v) for k, v in node["properties"].items()}}
        if "items" in node:
            kept["items"] = of(node["items"])
        return kept

    return {"$ref": f"#/$defs/{name}", "$defs": {key: of(value) for key, value in types.items()}}


def exchanges(folder: Path) -> list[Exchange]:
    """What the spider and the fake say to each other: pages of threads and of replies."""
    recorder = Recorder("youtube/")
    voices = [*thread(230), *(voice for n in range(110) for voice in thread(1, f"f{n}", n))]
    with DemoServer(company(*voices), wrap=recorder.wrap) as server:
        env = dict(YouTube.secrets)
        harvest = collect_here(card_of("youtube", server.fakes["youtube"].url), folder, env, account=VIDEO)
    assert harvest.items == 451
    return recorder.exchanges


@needs_shared
def test_answers_are_what_google_describes(tmp_path: Path) -> None:
    names = {"commentThreads": "CommentThreadListResponse", "comments": "CommentListResponse"}
    found = exchanges(tmp_path)
    for exchange in found:
        jsonschema.validate(exchange.json(), schema(names[exchange.path.rsplit("/", 1)[1]]))
    assert len(found) == 5


@needs_shared
def test_requests_are_what_google_describes(tmp_path: Path) -> None:
    spec = json.loads(SPEC.read_text(encoding="utf-8"))
    for exchange in exchanges(tmp_path):
        method = spec["resources"][exchange.path.rsplit("/", 1)[1]]["methods"]["list"]
        known = {**spec["parameters"], **method["parameters"]}
        assert {name for name, value in known.items() if value.get("required")} <= exchange.query.keys()
        for name, value in exchange.query.items():
            rule = known[name]
            assert value in rule.get("enum", [value])
            if rule["type"] == "integer":
                assert int(rule["minimum"]) <= int(value) <= int(rule["maximum"])
