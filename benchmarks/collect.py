"""Speed of collecting: our runner against a bare Scrapy spider that only yields.

Both run as a process of their own against the same local server, without throttling, and both find
the same items; ours also checks, keys, counts and writes each one. For a page source (schema.org)
and an API source (ProvenExpert), prints items per second of both and their ratio, which should
reach 0.7, and the largest memory of a collecting process.

Usage: python benchmarks/collect.py [--items N] [--rounds N]
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import json
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from spiders.card import Card
from spiders.run import run_source

RATIO = 0.7
REVIEWS_A_PAGE = 50
_SECRETS = {"KUNDENECHO_KEY_SECRET": "benchmark " * 4, "BENCH_ID": "bench", "BENCH_KEY": "bench"}
_WORDS = (
    "Kanne Deckel Griff Wasser Kaffee Maschine läuft tropft leider sehr gut schnell heiß laut leise Lieferung kam "
    "pünktlich nach zwei Wochen schon defekt würde ich wieder kaufen nicht empfehlen der die das und aber auch"
).split()

#: The comparison: what one would write in ten minutes, with nothing checked, keyed or written.
_BARE = """
import json, sys, scrapy
from scrapy.crawler import CrawlerProcess

class Bare(scrapy.Spider):
    name = "bare"
    found = 0

    async def start(self):
        if kind == "page":
            yield scrapy.Request(url + "1")
        else:
            yield scrapy.FormRequest(url + "rating/get", formdata={"limit": "100", "offset": "0"}, cb_kwargs={"offset": 0})

    def parse(self, response, offset=0):
        if kind == "page":
            for block in response.xpath('//script[@type="application/ld+json"]/text()').getall():
                for review in json.loads(block)["review"]:
                    Bare.found += 1
                    yield review
            for link in response.xpath('//link[@rel="next"]/@href').getall():
                yield response.follow(link)
        else:
            ratings = json.loads(response.body)["ratings"]
            for id, rating in (ratings or {}).items():
                Bare.found += 1
                yield {"id": id, **rating}
            if len(ratings) == 100:
                yield scrapy.FormRequest(response.url, formdata={"limit": "100", "offset": str(offset + 100)},
                                         cb_kwargs={"offset": offset + 100})

kind, url = sys.argv[1:]
process = CrawlerProcess({"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False,
    "DOWNLOAD_DELAY": 0, "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "AUTOTHROTTLE_ENABLED": False})
process.crawl(Bare)
process.start()
print(Bare.found)
"""


def main() -> int:
    """Run both benchmarks; 0 when both ratios are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many runs counts")
    options = parser.parse_args()
    good = True
    with server(options.items) as base, tempfile.TemporaryDirectory() as cache:
        # Both start from compiled modules, as every run after the first does.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = cache
        for kind in ("page", "api"):
            rounds = [
                (_bare(kind, base, options.items), _ours(kind, base, options.items)) for _ in range(options.rounds)
            ]
            bare, ours = (min(seconds) for seconds in zip(*rounds, strict=True))
            ratio = bare / ours
            good &= ratio >= RATIO
            print(
                f"{kind:4}  ours {options.items / ours:7.0f} items/s   bare Scrapy {options.items / bare:7.0f} items/s"
                f"   ratio {ratio:.2f} (to reach {RATIO})"
            )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest collecting process: {peak:.0f} MB")
    return 0 if good else 1


def _ours(kind: str, base: str, items: int) -> float:
    card = Card(
        name="bench", kind="schemaorg", address=base, start=("shop/1",), robots=False, allow_private=True,
        min_yield=items, max_yield=items, full_read=True,
    ) if kind == "page" else Card(
        name="bench", kind="provenexpert", address=f"{base}api/", credentials=("BENCH_ID", "BENCH_KEY"), robots=False,
        allow_private=True, feedback_kind="shop_rating", min_yield=items, max_yield=items, full_read=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        run_source(card, "", Path(folder) / "run", env={**os.environ, **_SECRETS})
        return time.monotonic() - begin


def _bare(kind: str, base: str, items: int) -> float:
    begin = time.monotonic()
    url = f"{base}shop/" if kind == "page" else f"{base}api/"
    done = subprocess.run([sys.executable, "-c", _BARE, kind, url], capture_output=True, text=True, check=True)
    seconds = time.monotonic() - begin
    if int(done.stdout) != items:
        raise SystemExit(f"the bare spider found {done.stdout.strip()} of {items} items")
    return seconds


@contextlib.contextmanager
def server(items: int) -> Iterator[str]:
    """A local server in a process of its own with ``items`` reviews and as many ratings; gives its address."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(items, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/"
    finally:
        process.terminate()
        process.join()


def _serve(items: int, ready: Connection) -> None:
    rng = random.Random(1)
    texts = [" ".join(rng.choices(_WORDS, k=rng.randint(5, 80))) for _ in range(2000)]
    pages = [
        _page(start, min(start + REVIEWS_A_PAGE, items), items, texts) for start in range(0, items, REVIEWS_A_PAGE)
    ]
    ratings = [(f"{n:032x}", _rating(n, texts)) for n in range(items)]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet, else each answer waits for a delayed acknowledgement.
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._send(pages[int(self.path.rsplit("/", 1)[1]) - 1], "text/html; charset=utf-8")

        def do_POST(self) -> None:
            if self.path.endswith("rating/summary/get"):
                self.rfile.read(int(self.headers["Content-Length"]))
                self._send(b'{"status": "success", "ratingValue": 3, "reviewCount": 1}', "application/json")
                return
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            offset, limit = int(form["offset"][0]), int(form["limit"][0])
            found = dict(ratings[offset : offset + limit])
            self._send(json.dumps({"status": "success", "ratings": found or []}).encode(), "application/json")

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        ready.send(httpd.server_address[1])
        httpd.serve_forever()


def _page(start: int, stop: int, items: int, texts: list[str]) -> bytes:
    first = datetime(2025, 1, 1, tzinfo=UTC)
    reviews = [
        {
            "@type": "Review",
            "@id": f"https://shop.example/r/{n}",
            "name": f"Bewertung {n}",
            "reviewBody": texts[n % len(texts)],
            "datePublished": (first + timedelta(minutes=n)).isoformat(),
            "author": {"@type": "Person", "name": f"Kunde {n % 5000}"},
            "reviewRating": {"@type": "Rating", "ratingValue": str(n % 5 + 1), "bestRating": "5", "worstRating": "1"},
        }
        for n in range(start, stop)
    ]
    node = {"@context": "https://schema.org/", "@type": "Product", "sku": "B1", "name": "Kanne", "review": reviews}
    number = start // REVIEWS_A_PAGE + 1
    following = f'<link rel="next" href="/shop/{number + 1}">' if stop < items else ""
    body = "".join(f'<div class="review"><b>{r["name"]}</b><p>{r["reviewBody"]}</p></div>' for r in reviews)
    script = f'<script type="application/ld+json">{json.dumps(node, ensure_ascii=False)}</script>'
    return f"<!doctype html><html><head>{following}{script}</head><body>{body}</body></html>".encode()


def _rating(n: int, texts: list[str]) -> dict[str, Any]:
    categories = {f"category_{k}": (n + k) % 5 + 1 for k in range(7)}
    return {
        "created": 1735689600 + 60 * n,
        "ratingValue": sum(categories.values()) / 7,
        "status": "published",
        "recommendation": n % 2,
        "topicCode": "BNCH07",
        "user": {"name": f"Kunde {n % 5000}"} if n % 3 else {"anonymous": 1},
        "ratings": categories,
        "labels": {key: f"Frage {key[-1]}" for key in categories},
        "feedback": texts[n % len(texts)],
    }


if __name__ == "__main__":
    raise SystemExit(main())
