"""The runner over real HTTP: what is good is harvested, every failure is visible."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError, YieldError
from spiders.card import Card
from spiders.run import Harvest, judge, run_source

PAGE = """<html><head><script type="application/ld+json">{"@type":"Product","name":"Kanne","sku":"K1","review":[
{"@type":"Review","@id":"r%d","reviewBody":"Gießt sauber","author":{"name":"Ina Beispiel"},"reviewRating":{"ratingValue":"5"}}]}
</script></head><body>%s</body></html>"""
CARD = Card(name="shop", kind="schemaorg", start=("p1",), follow=("/p\\d",), allow_private=True, full_read=True)
Answer = Callable[[str, int], tuple[int, str]]


@contextmanager
def site(answer: Answer) -> Iterator[str]:
    """A small server; ``answer`` gets the path and how often it was asked for, and gives status and body."""
    asked: dict[str, int] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path] = asked.get(self.path, 0) + 1
            status, body = answer(self.path, asked[self.path])
            data = body.encode()
            self.send_response(status)
            if status in {301, 302}:
                self.send_header("Location", body)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def collect(answer: Answer, tmp_path: Path, **card: object) -> Harvest:
    with site(answer) as url:
        return run_source(replace(CARD, address=url, **card), "", tmp_path / "run", env=dict(os.environ), time_limit=60)


def pages(path: str, _: int) -> tuple[int, str]:
    if path == "/robots.txt":
        return 200, "User-agent: *\nDisallow: /p9"
    number = int(path[2:]) if path[2:].isdigit() else 0
    links = '<a href="/p2">2</a> <a href="/p3">3</a> <a href="/other">x</a>' if number == 1 else ""
    return (200, PAGE % (number, links)) if number else (404, "")


def test_good_run(tmp_path: Path) -> None:
    harvest = collect(pages, tmp_path, min_yield=3)
    assert (harvest.items, harvest.rejected_count, harvest.complete) == (3, 0, True)
    rows = [json.loads(line) for line in harvest.feed.read_text(encoding="utf-8").splitlines()]
    assert {row["native_id"] for row in rows} == {"r1", "r2", "r3"}
    assert all(row["page"]["digest"] and row["raw"]["author"].startswith("k1:") for row in rows)
    # The display name is public and has a field of its own; nowhere else does it stand.
    without = json.dumps([{k: v for k, v in row.items() if k != "author_name"} for row in rows])
    assert "Ina" not in without + harvest.rejected.read_text() + json.dumps(harvest.stats)


def fails(answer: Answer, tmp_path: Path, error: type[KundenechoError], words: str, **card: object) -> None:
    with pytest.raises(error, match=words) as caught:
        collect(answer, tmp_path, **card)
    assert "source shop" in str(caught.value)


def test_changed_markup_gives_too_little(tmp_path: Path) -> None:
    fails(lambda p, n: (200, "<p>neu gestaltet</p>"), tmp_path, YieldError, "0 records, the card expects at least 1")


def test_too_much_is_no_success(tmp_path: Path) -> None:
    fails(pages, tmp_path, YieldError, "allows at most 2", max_yield=2)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [(401, SettingsError, "refuses access"), (403, SettingsError, "refuses access"), (404, DataError, "not there")],
)
def test_statuses(status: int, error: type[KundenechoError], words: str, tmp_path: Path) -> None:
    fails(lambda p, n: (404, "") if p == "/robots.txt" else (status, ""), tmp_path, error, words)


def test_a_broken_page_among_good_ones_fails_the_run(tmp_path: Path) -> None:
    fails(lambda p, n: (404, "") if p == "/p3" else pages(p, n), tmp_path, DataError, "HTTP 404")


def test_500_then_good_is_retried(tmp_path: Path) -> None:
    harvest = collect(lambda p, n: (500, "") if p == "/p2" and n == 1 else pages(p, n), tmp_path)
    assert (harvest.items, harvest.stats["retries"]) == (3, 1)


@pytest.mark.heavy
def test_500_for_ever_is_a_retry_for_later(tmp_path: Path) -> None:
    fails(lambda p, n: (500, "") if p == "/p2" else pages(p, n), tmp_path, RetryError, "overloaded or broken")


def test_robots_txt_is_obeyed(tmp_path: Path) -> None:
    fails(pages, tmp_path, SettingsError, "robots.txt", start=("p9",))


def test_private_address_needs_permission(tmp_path: Path) -> None:
    fails(pages, tmp_path, SettingsError, "private address", allow_private=False, robots=False)


def test_redirect_to_a_file_is_not_followed(tmp_path: Path) -> None:
    answer = lambda p, n: (302, "file:///etc/passwd") if p == "/p2" else pages(p, n)  # noqa: E731
    with pytest.raises(KundenechoError):
        collect(answer, tmp_path)


def test_unparsable_block_is_kept_as_rejected(tmp_path: Path) -> None:
    broken = '<script type="application/ld+json">{"@type": </script>'
    harvest = collect(lambda p, n: (200, broken + pages(p, n)[1]) if p == "/p1" else pages(p, n), tmp_path)
    assert (harvest.items, harvest.rejected_count) == (3, 1)
    assert "block 1 cannot be read" in harvest.rejected.read_text()


def test_rating_outside_its_scale_is_kept_as_rejected(tmp_path: Path) -> None:
    harvest = collect(lambda p, n: (200, pages(p, n)[1].replace('"5"', '"9"')) if p == "/p2" else pages(p, n), tmp_path)
    assert (harvest.items, harvest.rejected_count) == (2, 1)
    assert "outside its scale" in harvest.rejected.read_text()


def test_time_limit_ends_the_process(tmp_path: Path) -> None:
    gate = threading.Event()

    def slow(path: str, _: int) -> tuple[int, str]:
        gate.wait(20)
        return 200, ""

    with site(slow) as url:
        with pytest.raises(RetryError, match="longer than 3 seconds"):
            run_source(replace(CARD, address=url), "", tmp_path / "run", env=dict(os.environ), time_limit=3)
        gate.set()


def test_unreachable_server(tmp_path: Path) -> None:
    with pytest.raises(RetryError, match="did not answer"):
        run_source(
            replace(CARD, address="http://127.0.0.1:9/", robots=False), "", tmp_path / "run", env=dict(os.environ)
        )


def test_missing_secret_is_refused_before_any_request(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="keying secret is missing"):
        run_source(CARD, "", tmp_path / "run", env={})
    assert not (tmp_path / "run").exists()


def test_missing_credentials_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SHOP_TOKEN"):
        run_source(replace(CARD, credentials=("SHOP_TOKEN",)), "", tmp_path / "run", env=dict(os.environ))


GOOD = {"finish_reason": "finished", "yielded": 3, "written": 3, "rejected": 0, "exceptions": 0, "log_errors": 0}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"finish_reason": "shutdown"}, RetryError),
        ({"finish_reason": "start_error"}, RetryError),
        ({"exceptions": 1}, DataError),
        ({"log_errors": 1}, DataError),
        ({"yielded": 4}, DataError),
        ({"written": 0, "yielded": 0}, YieldError),
        ({"error": {"kind": "settings", "what": "x", "where": "", "remedy": ""}}, SettingsError),
    ],
)
def test_a_run_is_judged_by_its_statistics(
    change: dict[str, object], error: type[KundenechoError], tmp_path: Path
) -> None:
    assert judge(CARD, dict(GOOD), tmp_path).items == 3
    with pytest.raises(error):
        judge(CARD, {**GOOD, **change}, tmp_path)
