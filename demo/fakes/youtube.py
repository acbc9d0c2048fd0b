"""A YouTube Data API v3 as documented, as far as comments go.

``commentThreads`` of a video with some of each thread's replies, ``comments`` for all of them; an API key, a
quota of one unit a call that is refused with 403, errors with a reason in their body, HTML unless plain text
is asked for. What the company answers stands there as a comment by the video's own channel.
"""

from __future__ import annotations

import html
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import Voice
from demo.fakes.base import Fake, Said, opaque, reply_of, zulu

API_KEY = "demo-key"
CHANNEL = "UCdemoHallmeyerKaffeetechnik"
VIDEOS = ("aurora-reinigen", "piccola-erste-tasse")
#: Replies that a thread holds itself.
INLINE = 5
MAX_RESULTS = 100
_COMMON = {"part", "maxResults", "pageToken", "textFormat", "key", "prettyPrint", "alt", "fields", "quotaUser"}
_FILTERS = ("videoId", "channelId", "allThreadsRelatedToChannelId", "id")
_METHODS = ["GET", "POST", "PUT", "DELETE"]


def video_id(video: str) -> str:
    """The id of one of the company's videos."""
    return opaque("video", video, length=11)


@dataclass(frozen=True)
class Comment:
    """One comment, whoever wrote it."""

    id: str
    text: str
    written: datetime
    edited: datetime
    name: str
    channel: str | None
    likes: int
    video: str
    parent: str | None = None


class YouTube(Fake):
    """Comments below the company's videos.

    Attributes:
        units: Units of the day's quota that are left; None for no end.
        disabled: Videos below which comments are disabled.
    """

    kind = "youtube"
    secrets = {"YOUTUBE_API_KEY": API_KEY}  # noqa: RUF012
    data = "^(commentThreads|comments)$"
    enum_path = ("snippet", "moderationStatus")
    accounts = tuple(video_id(video) for video in VIDEOS)
    units: int | None = None
    disabled: frozenset[str] = frozenset()

    def routes(self) -> list[BaseRoute]:
        """``commentThreads`` and ``comments``."""
        return [
            Route("/commentThreads", self._threads, methods=_METHODS),
            Route("/comments", self._replies, methods=_METHODS),
        ]

    def items(self, payload: Any) -> list[Any]:
        """The comments, those in threads as well."""
        found = []
        for item in payload["items"]:
            found.append(item["snippet"].get("topLevelComment", item))
            found += item.get("replies", {}).get("comments", [])
        return found

    def said(self, account: str = "") -> Iterator[Said]:
        """Every comment below a video but the company's own."""
        comments = self._comments(account)
        for comment in comments:
            if comment.channel == CHANNEL:
                continue
            ours = [c for c in comments if c.parent == comment.id and c.channel == CHANNEL]
            yield Said(
                comment.id,
                text=comment.text,
                author_name=comment.name or None,
                created_at=comment.written,
                reply="\n\n".join(c.text for c in ours) or None,
            )

    def forbidden(self) -> Response:
        """A key that may not ask."""
        return _error(403, "forbidden", "youtube.common")

    def quota(self) -> Response:
        """The day's quota is used up: 403, not 429."""
        return _error(403, "quotaExceeded", "youtube.quota")

    async def _threads(self, request: Request) -> Response:
        query = self._query(request, {*_FILTERS, "order", "searchTerms", "moderationStatus"}, {"snippet", "replies"})
        if isinstance(query, Response):
            return query
        filters = [name for name in _FILTERS if name in query]
        if len(filters) != 1:
            return _error(400, "incompatibleParameters" if filters else "missingRequiredParameter")
        if query.get("order", "time") not in {"time", "relevance"}:
            return _error(400, "invalidParameter")
        if query.get("moderationStatus", "published") != "published":
            return _error(403, "forbidden", "youtube.commentThread")  # for the owner only
        video = query.get("videoId", "")
        if video not in self.accounts:
            return _error(404, "videoNotFound", "youtube.commentThread")
        if video in self.disabled:
            return _error(403, "commentsDisabled", "youtube.commentThread")
        comments = self._comments(video)
        tops = [comment for comment in comments[::-1] if comment.parent is None]
        return self._page(query, tops, "commentThread", lambda top: self._thread(top, comments, query))

    async def _replies(self, request: Request) -> Response:
        query = self._query(request, {"parentId", "id"}, {"snippet"})
        if isinstance(query, Response):
            return query
        if len(query.keys() & {"parentId", "id"}) != 1:
            return _error(400, "missingRequiredParameter")
        comments = [comment for video in self.accounts for comment in self._comments(video)]
        if query.get("parentId", query.get("id")) not in {comment.id for comment in comments}:
            return _error(404, "commentNotFound", "youtube.comment")
        name, value = ("parent", query["parentId"]) if "parentId" in query else ("id", query["id"])
        found = [comment for comment in comments if getattr(comment, name) == value]
        return self._page(query, found, "comment", lambda comment: _resource(comment, query))

    def _query(self, request: Request, known: set[str], parts: set[str]) -> dict[str, str] | Response:
        """The parameters of a request that is accepted, or its refusal."""
        query = dict(request.query_params)
        given = request.headers.get("x-goog-api-key") or query.get("key")
        if request.method != "GET":
            return _error(401, "authorizationRequired")
        if given is None:
            return _error(403, "forbidden")
        if given != API_KEY:
            return _error(400, "badRequest", details="API_KEY_INVALID")
        if not query.keys() <= known | _COMMON:
            return _error(400, "badRequest")
        if not set(query.get("part", "").split(",")) <= parts:
            return _error(400, "missingRequiredParameter" if not query.get("part") else "unknownPart")
        size = query.get("maxResults", "20")
        if not size.isdecimal() or not 1 <= int(size) <= MAX_RESULTS:
            return _error(400, "invalidParameter")
        if query.get("textFormat", "html") not in {"html", "plainText"}:
            return _error(400, "invalidParameter")
        if self.units == 0:
            return self.quota()
        if self.units:
            self.units -= 1
        return query

    def _page(self, query: Mapping[str, str], found: list[Comment], kind: str, shown: Any) -> Response:
        """A page; its token names the last comment, so that the place is kept when others come or go."""
        size, token = int(query.get("maxResults", "20")), query.get("pageToken")
        if token is not None:
            try:
                moment, key = urlsafe_b64decode(token).decode().split("|")
                mark = datetime.fromisoformat(moment), key
            except ValueError:
                return _error(400, "invalidPageToken")
            newest_first = kind == "commentThread"
            found = [c for c in found if ((c.written, c.id) < mark if newest_first else (c.written, c.id) > mark)]
        page = found[:size]
        answer: dict[str, Any] = {
            "kind": f"youtube#{kind}ListResponse",
            "etag": opaque("etag", *(comment.id for comment in page)),
            "pageInfo": {"totalResults": len(page), "resultsPerPage": size},
            "items": [shown(comment) for comment in page],
        }
        if len(found) > size:
            token = f"{page[-1].written.isoformat()}|{page[-1].id}"
            answer["nextPageToken"] = urlsafe_b64encode(token.encode()).decode()
        return JSONResponse(answer)

    def _thread(self, top: Comment, comments: list[Comment], query: Mapping[str, str]) -> dict[str, Any]:
        replies = [comment for comment in comments if comment.parent == top.id]
        thread: dict[str, Any] = {"kind": "youtube#commentThread", "etag": opaque("etag", top.id), "id": top.id}
        if "snippet" in query["part"]:
            thread["snippet"] = {
                "channelId": CHANNEL,
                "videoId": top.video,
                "topLevelComment": _resource(top, query),
                "canReply": True,
                "totalReplyCount": len(replies),
                "isPublic": True,
            }
        if "replies" in query["part"] and replies:
            thread["replies"] = {"comments": [_resource(reply, query) for reply in replies[: -INLINE - 1 : -1]]}
        return thread

    def _comments(self, account: str) -> list[Comment]:
        """All comments below a video, the oldest first."""
        found: list[Comment] = []
        for voice, shown in self.voices():
            if video_id(shown["video"]) != account:
                continue
            comment = self._comment(voice, shown, account)
            found.append(comment)
            if answer := reply_of(shown):
                text, when = answer
                key = f"{comment.parent or comment.id}.{opaque('answer', voice.id, length=22)}"
                parent = comment.parent or comment.id
                found.append(Comment(key, text, when, when, "@hallmeyer", CHANNEL, 0, account, parent))
        return sorted(found, key=lambda comment: (comment.written, comment.id))

    def _comment(self, voice: Voice, shown: Mapping[str, Any], account: str) -> Comment:
        parent = f"Ug{opaque('comment', shown['parent'])}" if shown.get("parent") else None
        key = f"{parent}.{opaque('comment', voice.id, length=22)}" if parent else f"Ug{opaque('comment', voice.id)}"
        written = voice.date.replace(microsecond=0)
        name, edited = self.display(voice), shown.get("edited", written)
        channel = f"UC{opaque('channel', voice.person, length=22)}" if voice.person else None
        return Comment(key, shown["text"], written, edited, name or "", channel, shown["likes"], account, parent)


def _resource(comment: Comment, query: Mapping[str, str]) -> dict[str, Any]:
    plain = query.get("textFormat", "html") == "plainText"
    snippet: dict[str, Any] = {
        "channelId": CHANNEL,
        "textDisplay": comment.text if plain else html.escape(comment.text).replace("\n", "<br>"),
        "textOriginal": comment.text,
        "authorDisplayName": comment.name,
        "authorProfileImageUrl": f"https://yt.example/{opaque('image', comment.id)}",
        "canRate": True,
        "viewerRating": "none",
        "likeCount": comment.likes,
        "publishedAt": zulu(comment.written),
        "updatedAt": zulu(comment.edited),
    }
    if comment.channel:
        snippet["authorChannelUrl"] = f"https://www.youtube.com/{comment.name}"
        snippet["authorChannelId"] = {"value": comment.channel}
    if comment.parent:
        snippet["parentId"] = comment.parent
    else:
        snippet["videoId"] = comment.video
    return {"kind": "youtube#comment", "etag": opaque("etag", comment.id), "id": comment.id, "snippet": snippet}


def _error(status: int, reason: str, domain: str = "global", details: str = "") -> Response:
    message = f"The request was refused: {reason}."
    error: dict[str, Any] = {"code": status, "message": message}
    error["errors"] = [{"message": message, "domain": domain, "reason": reason}]
    if details:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": details}]
    return JSONResponse({"error": error}, status)
