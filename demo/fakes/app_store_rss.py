"""Apple's public feed of customer reviews, with its habits.

Fifty reviews a page and ten pages at most, values wrapped in ``label``, the app itself as the first entry, a
single entry as an object, no ``entry`` at all where there is none or where too much was asked, times with
Apple's own offset, and a validator; as JSON or, where ``as_xml`` is set, as Atom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import Voice
from demo.fakes.base import Fake, Said, opaque

APP, COUNTRY = "1480021310", "de"
PAGE_SIZE, PAGES = 50, 10
_PACIFIC = ZoneInfo("America/Los_Angeles")


class AppStoreRss(Fake):
    """The feed of the company's app in the German store.

    Attributes:
        throttled: Pages that are shown without entries.
        dated: Whether reviews have a date.
        as_xml: Whether the feed is Atom whatever was asked for.
    """

    kind = "app_store_rss"
    channel = "app_store"
    data = "rss/customerreviews"
    id_path = ("id", "label")
    accounts = (APP,)
    throttled: frozenset[int] = frozenset()
    dated = True
    as_xml = False

    def routes(self) -> list[BaseRoute]:
        """The feed's pages."""
        path = "/{country}/rss/customerreviews/page={page}/id={app}/sortBy=mostRecent/json"
        return [Route(path, self._feed, methods=["GET"])]

    def items(self, payload: Any) -> list[Any]:
        """The reviews of a page."""
        entries = payload["feed"].get("entry", [])
        return [entry for entry in ([entries] if isinstance(entries, dict) else entries) if "im:rating" in entry]

    def said(self, account: str = "") -> Iterator[Said]:
        """The newest reviews, as many as the feed shows."""
        for voice, shown in self._shown() if account == APP else ():
            yield Said(
                _review_id(voice),
                text=shown.get("text"),
                title=shown.get("title"),
                rating_1_5=shown["stars"],
                author_name=self.display(voice),
                created_at=_updated(voice, shown).replace(microsecond=0) if self.dated else None,
            )

    def forbidden(self) -> Response:
        """What a feed that may not be read says is not documented; a plain refusal."""
        return PlainTextResponse("Forbidden", 403)

    def quota(self) -> Response:
        """Too much asked: a feed without entries."""
        return JSONResponse({"feed": _frame()})

    async def _feed(self, request: Request) -> Response:
        page, app = request.path_params["page"], request.path_params["app"]
        if request.query_params or request.path_params["country"] != COUNTRY:
            return PlainTextResponse("Not Found", 404)
        if not page.isdecimal() or not 1 <= int(page) <= PAGES:
            return PlainTextResponse("CustomerReviews RSS page depth is limited to 10", 400)
        found, first = self._shown() if app == APP else [], (int(page) - 1) * PAGE_SIZE
        entries = [self._entry(voice, shown) for voice, shown in found[first : first + PAGE_SIZE]]
        if int(page) in self.throttled:
            entries = []
        if self.as_xml:
            return Response(_atom(entries), media_type="text/xml")
        if entries and page == "1":
            entries.insert(0, _about_app())
        feed = _frame()
        if entries:
            feed["entry"] = entries if len(entries) > 1 else entries[0]
        answer = JSONResponse({"feed": feed})
        answer.headers["ETag"] = tag = f'"{opaque("etag", bytes(answer.body).decode())}"'
        return Response(status_code=304) if request.headers.get("if-none-match") == tag else answer

    def _shown(self) -> list[tuple[Voice, Mapping[str, Any]]]:
        """What the feed shows, the latest change first."""
        found = sorted(self.voices(), key=lambda pair: _updated(*pair), reverse=True)
        return found[: PAGES * PAGE_SIZE]

    def _entry(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        person = self.person(voice)
        uri = f"https://itunes.apple.com/de/reviews/id{opaque('user', person.id if person else voice.id)}"
        entry: dict[str, Any] = {
            "author": {"uri": _label(uri), "name": _label(self.display(voice) or ""), "label": ""},
            "im:version": _label(shown["app_version"]),
            "im:rating": _label(str(shown["stars"])),
            "id": _label(_review_id(voice)),
            "title": _label(shown.get("title") or ""),
            "content": {**_label(shown.get("text") or ""), "attributes": {"type": "text"}},
            "link": {"attributes": {"rel": "related", "href": f"https://itunes.apple.com/de/review?id={APP}"}},
            "im:voteSum": _label(str(shown.get("likes", 0))),
            "im:contentType": {"attributes": {"term": "Application", "label": "Application"}},
            "im:voteCount": _label(str(shown.get("likes", 0))),
        }
        if self.dated:
            entry["updated"] = _label(_updated(voice, shown).astimezone(_PACIFIC).isoformat(timespec="seconds"))
        return entry


def _updated(voice: Voice, shown: Mapping[str, Any]) -> Any:
    return shown.get("edited", voice.date)


def _review_id(voice: Voice) -> str:
    return str(int(opaque("review", voice.id, length=9), 16))


def _label(value: str) -> dict[str, Any]:
    return {"label": value}


def _frame() -> dict[str, Any]:
    return {"author": {"name": _label("iTunes Store")}}


def _about_app() -> dict[str, Any]:
    return {"im:name": _label("Hallmeyer Kaffee"), "title": _label("Hallmeyer Kaffee - Hallmeyer"), "id": _label(APP)}


def _atom(entries: list[dict[str, Any]]) -> str:
    names = ("updated", "id", "title", "im:voteSum", "im:voteCount", "im:rating", "im:version")
    found = []
    for entry in entries:
        parts = [f"<{name}>{escape(entry[name]['label'])}</{name}>" for name in names if name in entry]
        author = "".join(f"<{k}>{escape(entry['author'][k]['label'])}</{k}>" for k in ("name", "uri"))
        text = escape(entry["content"]["label"])
        parts += [f'<content type="text">{text}</content>', f"<author>{author}</author>"]
        parts.append('<content type="html">&lt;table&gt;&lt;/table&gt;</content>')
        found.append(f"<entry>{''.join(parts)}</entry>")
    spaces = 'xmlns="http://www.w3.org/2005/Atom" xmlns:im="http://itunes.apple.com/rss"'
    return f'<?xml version="1.0" encoding="utf-8"?>\n<feed {spaces}><id>feed</id>{"".join(found)}</feed>'
