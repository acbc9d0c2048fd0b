"""The page on the company's own lists has exactly the columns and headers of the contracts, and examples that load."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kundenecho.company_lists import LISTS, ListRow
from kundenecho.keying import Keyer
from pipeline.company_lists import MOST_REFUSED
from spiders.files.company_lists import open_list
from spiders.files.list_contracts import CONTRACTS
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "company-lists.md").read_text(encoding="utf-8")
SECTIONS = dict(section.split("\n", 1) for section in PAGE.split("\n## ")[1:])


def documented(kind: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for name, needed, headers, _ in re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]*) \| (.+) \|$", SECTIONS[kind], re.M):
        yield name, needed.strip(), tuple(h.strip() for h in headers.split(",") if h.strip())


def test_every_kind_has_its_section() -> None:
    assert list(SECTIONS) == list(CONTRACTS) == list(LISTS)


@pytest.mark.parametrize("kind", CONTRACTS)
def test_columns(kind: str) -> None:
    contract = CONTRACTS[kind]
    real = [
        (c.name, "yes" if c.required else "one of the two" if c.name in contract.one_of else "no", c.headers)
        for c in contract.columns
    ]
    assert list(documented(kind)) == real


@pytest.mark.parametrize("kind", CONTRACTS)
def test_the_example_loads(kind: str, tmp_path: Path, keyer: Keyer) -> None:
    [example] = re.findall(r"```csv\n(.*?)```", SECTIONS[kind], re.DOTALL)
    file = tmp_path / "example.csv"
    file.write_text(example, encoding="utf-8")
    found = open_list(file, kind, keyer, "Europe/Berlin")
    assert not found.unknown
    items = list(found)
    assert items
    assert all(isinstance(item, ListRow) for item in items)


def test_the_share_of_bad_rows() -> None:
    assert f"{MOST_REFUSED:.0%}".replace("%", " %") in PAGE
