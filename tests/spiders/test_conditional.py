"""Pages that have not changed are not sent again, and nothing on them is taken for gone."""

from __future__ import annotations

import os
from pathlib import Path

from kundenecho.pages import KnownPage
from spiders.judge import Harvest
from spiders.run import run_source
from storage.pages import read_pages
from tests.spiders.site import CARD, Answer, pages, site


def tagged(path: str, n: int) -> tuple[int, str, dict[str, str]]:
    status, body = pages(path, n)
    return status, body, {"ETag": f'"tag of {path}"'} if path.startswith("/p") else {}


def collect(url: str, folder: Path, known: list[KnownPage]) -> Harvest:
    from dataclasses import replace

    return run_source(replace(CARD, address=url, min_yield=3), "", folder, env=dict(os.environ), known=known)


def unchanged_but(changed: str) -> Answer:
    """A server that has nothing new but one page."""
    return lambda p, n: (304, "", {}) if p.startswith("/p") and p != changed else tagged(p, n)


def test_what_stood_on_an_unchanged_page_is_still_there(tmp_path: Path) -> None:
    with site(tagged) as url:
        first = collect(url, tmp_path / "1", [])
        known = read_pages(tmp_path / "1" / "pages.jsonl")
    assert (first.items, len(known)) == (3, 3)
    assert [p.headers() for p in known if p.url.endswith("/p1")] == [{"If-None-Match": '"tag of /p1"'}]
    with site(unchanged_but("/p2")) as again:
        moved = [
            KnownPage(
                p.url.replace(url, again),
                p.etag,
                None,
                p.native_ids,
                {link.replace(url, again): how for link, how in p.links.items()},
            )
            for p in known
        ]
        second = collect(again, tmp_path / "2", moved)
    assert (second.items, second.stats["seen"], second.complete, second.truncated) == (1, 2, True, False)
    assert sorted(second.unchanged()) == ["r1", "r3"]


def test_a_page_with_a_fault_is_not_remembered(tmp_path: Path) -> None:
    broken = '<script type="application/ld+json">{"@type": </script>'

    def answer(path: str, n: int) -> tuple[int, str, dict[str, str]]:
        status, body, headers = tagged(path, n)
        return status, broken + body if path == "/p2" else body, headers

    with site(answer) as url:
        collect(url, tmp_path, [])
    assert sorted(p.url[-2:] for p in read_pages(tmp_path / "pages.jsonl")) == ["p1", "p3"]
