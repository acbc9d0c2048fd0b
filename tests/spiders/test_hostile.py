"""What a hostile or mad server can do: it ends its own source's run, with the reason."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.http import Request, Response

from kundenecho.errors import DataError, KundenechoError, SettingsError
from kundenecho.keying import Keyer
from spiders import engine
from spiders.build import html_text
from spiders.middlewares import AddressGuard, Refused
from spiders.personal import scrubbed
from spiders.values import moment, number
from tests.spiders.inprocess import card_of, collect_here
from tests.spiders.site import PAGE, Answer, site

WOO = {"WOOCOMMERCE_CONSUMER_KEY": "k", "WOOCOMMERCE_CONSUMER_SECRET": "s"}


def endless_shop(path: str, _: int) -> tuple[int, str]:
    if path == "/robots.txt":
        return 404, ""
    number = int(path.strip("/p") or 1)
    return 200, PAGE.replace("<head>", f'<head><link rel="next" href="/p{number + 1}">') % (number, "")


def endless_api(path: str, _: int) -> tuple[int, str, Mapping[str, str]]:
    page = int(path.split("page=")[-1].split("&")[0])
    row = {"id": page, "date_created_gmt": "2026-05-04T16:22:10", "product_id": 1, "status": "approved", "review": "gut", "rating": 5}  # fmt: skip
    return 200, json.dumps([row]), {"X-WP-Total": "9999999", "X-WP-TotalPages": "9999999"}


@pytest.mark.parametrize(("kind", "answer"), [("schemaorg", endless_shop), ("woocommerce", endless_api)])
def test_a_pager_without_end(kind: str, answer: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_REQUESTS", 40)
    with site(answer) as url, pytest.raises(DataError, match="more than 40 pages, or a pager without end"):
        collect_here(card_of(kind, url, start=("p1",)), tmp_path, WOO)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1:9/"])
@pytest.mark.parametrize("kind", ["schemaorg", "woocommerce"])
def test_an_answer_that_leads_elsewhere(kind: str, target: str, tmp_path: Path) -> None:
    def answer(path: str, _: int) -> tuple[int, str]:
        return (404, "") if path == "/robots.txt" else (302, target)

    with site(answer) as url, pytest.raises(KundenechoError) as caught:
        collect_here(card_of(kind, url, start=("p1",)), tmp_path, WOO)
    assert "passwd" not in str(caught.value) or "not followed" in str(caught.value)


def guard(*, allow_private: bool) -> AddressGuard:
    card = card_of("schemaorg", "https://shop.example/", allow_private=allow_private)
    spider = SimpleNamespace(card=card, error=None)
    return AddressGuard(SimpleNamespace(spider=spider))  # type: ignore[arg-type]


PRIVATE = ("127.0.0.1", "10.0.0.7", "192.168.1.1", "169.254.169.254", "[::1]", "0.0.0.0", "[fd00::1]")  # noqa: S104


@pytest.mark.parametrize("host", PRIVATE)
def test_a_redirect_to_a_private_address_is_refused_before_anything_is_sent(host: str) -> None:
    request = Request(f"http://{host}/latest/meta-data?token=secret")
    with pytest.raises(Refused) as refused:
        asyncio.run(guard(allow_private=False).process_request(request))
    assert isinstance(refused.value.error, SettingsError)
    assert "secret" not in str(refused.value.error)
    asyncio.run(guard(allow_private=True).process_request(request))


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.7"])
def test_a_name_that_changes_its_address_is_seen_in_the_answer(host: str) -> None:
    request = Request("http://rebinding.example/")
    response = Response(request.url, ip_address=ipaddress.ip_address(host))
    with pytest.raises(Refused):
        guard(allow_private=False).process_response(request, response)
    assert guard(allow_private=True).process_response(request, response) is response


def test_numbers_and_texts_beyond_all_measure_cost_themselves_only(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": n, "date_created_gmt": "2026-05-04T16:22:10", "product_id": 1, "status": "approved", "review": "gut", "rating": 5}
        for n in range(5)
    ]  # fmt: skip
    rows[1] |= {"rating": 10**400}
    rows[2] |= {"review": "x" * 300_000}
    rows[3] |= {"date_created_gmt": "9" * 50}
    answer = (200, json.dumps(rows), {"X-WP-Total": "5", "X-WP-TotalPages": "1"})
    with site(lambda p, n: answer) as url:
        harvest = collect_here(card_of("woocommerce", url), tmp_path, WOO)
    assert (harvest.items, harvest.rejected_count, harvest.truncated) == (2, 3, True)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["x", "a.", "0 ", "1.", "<", "<script ", "<p ", "&amp", "a@", "@a.", "-"])
def test_no_long_run_takes_the_square_of_its_length(part: str, keyer: Keyer) -> None:
    text = part * 60_000
    scrubbed({"a": text, text: 1}, keyer)
    html_text(text)
    moment_of(text)


def moment_of(text: str) -> None:
    with contextlib.suppress(ValueError):
        moment(text, "UTC")
    with contextlib.suppress(ValueError):
        number(text)
