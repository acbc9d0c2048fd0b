"""A small real web server for the collectors' tests, with a shop that behaves as it is told."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kundenecho.errors import KundenechoError
from spiders.card import Card
from spiders.judge import Harvest
from spiders.run import run_source

PAGE = """<html><head><script type="application/ld+json">{"@type":"Product","name":"Kanne","sku":"K1","review":[
{"@type":"Review","@id":"r%d","reviewBody":"Gießt sauber","author":{"name":"Ina Beispiel"},"reviewRating":{"ratingValue":"5"}}]}
</script></head><body>%s</body></html>"""
CARD = Card(name="shop", kind="schemaorg", start=("p1",), follow=("/p\\d",), allow_private=True, full_read=True)
#: Path and how often it was asked for -> status, body, and perhaps headers.
Answer = Callable[[str, int], tuple[int, str | bytes] | tuple[int, str | bytes, Mapping[str, str]]]


@contextmanager
def site(answer: Answer) -> Iterator[str]:
    """Serve ``answer``; gives the address."""
    asked: dict[str, int] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path] = asked.get(self.path, 0) + 1
            status, body, *more = answer(self.path, asked[self.path])
            data = body.encode() if isinstance(body, str) else body
            headers = {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Length": str(len(data)),
                **(more[0] if more else {}),
            }
            if status in {301, 302}:
                headers["Location"] = str(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pages(path: str, _: int) -> tuple[int, str]:
    """A shop of three products; the first page links to the others."""
    if path == "/robots.txt":
        return 200, "User-agent: *\nDisallow: /p9"
    number = int(path[2:]) if path[2:].isdigit() else 0
    links = '<a href="/p2">2</a> <a href="/p3">3</a> <a href="/other">x</a>' if number == 1 else ""
    return (200, PAGE % (number, links)) if number else (404, "")


def instead(path: str, *answer: object) -> Answer:
    """The shop, with another answer on one path."""
    return lambda p, n: answer if p == path else pages(p, n)  # type: ignore[return-value]


def collect(answer: Answer, folder: Path, **card: object) -> Harvest:
    """Run the whole thing over a site."""
    with site(answer) as url:
        changed = replace(CARD, address=url, **card)  # type: ignore[arg-type]
        return run_source(changed, "", folder / "run", env=dict(os.environ), time_limit=60)


def fails(answer: Answer, folder: Path, error: type[KundenechoError], words: str, **card: object) -> None:
    """The run must fail with this error, naming its source."""
    with pytest.raises(error, match=words) as caught:
        collect(answer, folder, **card)
    assert "source shop" in str(caught.value)
