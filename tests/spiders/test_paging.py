from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundenecho.errors import RetryError
from spiders.paging import OVERLAP, OverlapPaging


def read(listed: list[str], limit: int, changes: dict[int, object] | None = None) -> list[str]:
    """Read a list page by page; ``changes`` happen to it before a page."""
    paging, found = OverlapPaging(), []
    for number in range(1000):
        if changes and callable(change := changes.get(number)):
            change(listed)
        found += paging.turn(listed[paging.offset : paging.offset + limit], "https://portal.example")
        if not paging.more:
            return found
    raise AssertionError("the paging never ends")


@given(st.integers(0, 400), st.integers(1, 120))
def test_every_item_once_whatever_the_real_limit(count: int, limit: int) -> None:
    listed = [f"r{n}" for n in range(count)]
    assert read(list(listed), limit) == listed


def test_new_items_at_the_top_are_no_trouble() -> None:
    listed = [f"r{n}" for n in range(250)]
    found = read(
        list(listed), 100, {1: lambda items: items.insert(0, "new"), 3: lambda items: items.insert(0, "newer")}
    )
    assert set(listed) <= set(found)
    assert len(found) == len(set(found))


def test_items_that_disappear_hide_no_others() -> None:
    listed = [f"r{n}" for n in range(250)]

    def remove(items: list[str]) -> None:
        del items[5:10]

    assert set(read(list(listed), 100, {1: remove, 2: remove})) == set(listed)


def test_too_many_disappearing_at_once_fails_the_run() -> None:
    def remove(items: list[str]) -> None:
        del items[: OVERLAP + 1]

    with pytest.raises(RetryError, match="the list moved"):
        read([f"r{n}" for n in range(250)], 100, {1: remove})


@pytest.mark.parametrize("pages", [["a", "a"], ["a", "b", "a"]])
def test_a_source_that_repeats_its_pages_fails_the_run(pages: list[str]) -> None:
    paging = OverlapPaging()
    answers = {
        "a": [f"a{n}" for n in range(100)],
        "b": [f"a{n}" for n in range(90, 100)] + [f"b{n}" for n in range(90)],
    }
    with pytest.raises(RetryError, match="repeats a page"):
        for page in pages:
            paging.turn(answers[page], "https://portal.example")


def test_an_empty_page_before_the_end_fails_the_run() -> None:
    paging = OverlapPaging()
    paging.turn([f"a{n}" for n in range(100)], "https://portal.example")
    with pytest.raises(RetryError, match="the list moved"):
        paging.turn([], "https://portal.example")
