"""From an item to a record: what is the same for every interface."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from spiders.api import newest
from spiders.build import aggregate, built, chosen, html_text, identity, record
from spiders.context import Context
from spiders.output import Output, Reject
from spiders.personal import without_personal
from spiders.registry import spider_class
from tests.spiders.inprocess import card_of

PAGE = {"url": "https://s.example/", "fetched_at": "2026-06-01T08:00:00+00:00", "status": 200, "digest": "0" * 32}
MOMENT = datetime(2026, 6, 1, 8, tzinfo=UTC)


def context(keyer: Keyer, account: str = "", **card: Any) -> Context:
    return Context(card_of("judgeme", **card), account, keyer, MOMENT)


def test_a_record_keys_who_and_keeps_what(keyer: Keyer) -> None:
    raw = {"id": 7, "body": "Läuft", "reviewer": {"name": "Ina"}, "ip_address": "192.0.2.7", "Order-Id": "B-1"}
    made = record(
        context(keyer), raw, PAGE, native_id=7, text="Läuft", created="2026-05-01T10:00:00+02:00", rating="4,5",
        author_name="Ina B.", email=" Ina@Example.org ", order="B-1",
    )  # fmt: skip
    assert (made.native_id, made.created_at, made.rating_1_5) == ("7", datetime(2026, 5, 1, 8, tzinfo=UTC), 4.5)
    assert (made.author_key, made.order_key) == (keyer.email("ina@example.org"), keyer.order("b1"))
    assert json.dumps(made.raw).count("k1:") == 2
    assert not {"Ina", "192.0.2.7", "B-1"} & set(json.dumps(made.raw).split('"'))


def test_products_are_called_as_the_company_calls_them(keyer: Keyer) -> None:
    one = context(keyer, "video", products={"310": "HM-310", "video": "HM-450"})
    names = [record(one, {}, PAGE, native_id=1, product=given).product for given in ("310", "120", None)]
    assert names == ["HM-310", "120", "HM-450"]
    assert record(context(keyer), {}, PAGE, native_id=1).product is None


@pytest.mark.parametrize("value", [None, "", "  ", True, 1.5, [], {}])
def test_an_item_without_an_id_is_refused(value: Any, keyer: Keyer) -> None:
    found = built("page", {"id": value, "email": "ina@example.org"}, context(keyer), lambda: record(context(keyer), {}, PAGE, native_id=value))  # fmt: skip
    assert isinstance(found, Reject)
    assert found.reason == "the item has no id"
    assert "ina@" not in json.dumps(found.fragment)


@pytest.mark.parametrize("raw", ["Ina Beispiel", ["Ina Beispiel"], 7, None])
def test_what_is_no_object_is_not_kept(raw: Any, keyer: Keyer) -> None:
    def fails() -> Feedback:
        raise TypeError("Ina Beispiel")

    assert built("page", raw, context(keyer), fails) == Reject(
        "page", "the item is not of the documented shape (TypeError)", None
    )


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        (
            "<p>Sitzt super &#8211; aber der Deckel hakt &amp; klemmt.</p>\n",
            "Sitzt super – aber der Deckel hakt & klemmt.",
        ),
        ("eins<br/>zwei<br>\ndrei", "eins\nzwei\ndrei"),
        ("<script>alert(1)</script>gut<style>p {}</style>", "gut"),
        ("3 < 5 und 7 > 2", "3 < 5 und 7 > 2"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("<p> </p>", None),
        (None, None),
    ],
)
def test_html(html: str | None, plain: str | None) -> None:
    assert html_text(html) == plain


@given(st.text(max_size=300))
def test_html_of_any_text(text: str) -> None:
    found = html_text(text)
    assert found is None or found == found.strip()


def test_words_that_are_not_documented() -> None:
    assert chosen("ok", {"ok": "published"}, "state") == "published"
    with pytest.raises(ValueError, match="unknown state 'odd'"):
        chosen("odd", {"ok": "published"}, "state")
    with pytest.raises(ValueError, match="no id"):
        identity(None)


def test_figures(keyer: Keyer) -> None:
    one = context(keyer)
    assert aggregate(one, "0.0", rating_count="0") is None
    found = aggregate(one, "4,6", review_count="390", product="K1")
    assert found is not None
    assert (found.rating_value, found.review_count, found.rating_count, found.product) == (4.6, 390, None, "K1")


@given(
    st.dictionaries(st.sampled_from(["email", "E-Mail-Address", "IP_address", "text", "reviewer"]), st.text(min_size=1))
)
def test_no_personal_field_survives(values: dict[str, str]) -> None:
    keyer = Keyer("x" * 40)
    kept = without_personal({"list": [values]}, keyer)["list"][0]
    for name, value in kept.items():
        if name != "text":
            assert value is None or value.startswith("k1:")


def test_the_mark_never_lies_ahead(keyer: Keyer, tmp_path: Path) -> None:
    spider = spider_class("judgeme")(context(keyer), {}, "2026-05-01T00:00:00.000+00:00", Output(tmp_path, keyer))
    before = spider.since
    spider.newest = newest(["2031-01-01T00:00:00Z", "gestern"], spider.newest, "UTC")
    assert spider.newest == "2031-01-01T00:00:00.000+00:00"
    assert spider.mark() == "2026-06-01T08:00:00.000+00:00"
    assert spider.since == before
