"""Writes the parts of the pages that come from the code: kinds of sources, keys of a card.

Usage: python docs/generate.py [--check]; with --check nothing is written, and 1 is returned where a page is old.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from spiders.card import FIELDS, Card
from spiders.catalogue import catalogue, docs_list, readme_table

ROOT = Path(__file__).resolve().parent.parent


def card_keys() -> str:
    """The table of a card's keys, from the card's own description."""
    text = re.split(r"\n\s*Attributes:\n", Card.__doc__ or "")[1]
    found = {
        name: " ".join(meaning.split()) for name, meaning in re.findall(r"^ {8}(\w+): ((?:.|\n {12})+)", text, re.M)
    }
    rows = [f"| `{name}` | {_cell(found[name])} |" for name in FIELDS]
    return "\n".join(["| key | meaning |", "|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def credentials() -> str:
    """The variables that each kind of source needs."""
    # A variable that stood there twice would be emptied by its second line.
    titles: dict[str, list[str]] = {}
    for kind in catalogue():
        for name in kind.credentials:
            titles.setdefault(name, []).append(kind.title)
    lines, last = [], ""
    for name, needing in titles.items():
        heading = "\n# " + ", ".join(needing)
        lines += [f"{name}="] if heading == last else [heading, f"{name}="]
        last = heading
    return "\n".join(lines)


BLOCKS = {
    (".env.sources.example", "credentials"): credentials,
    ("README.md", "kinds"): readme_table,
    ("docs/kinds.md", "kinds"): docs_list,
    ("docs/sources.md", "keys"): card_keys,
}


def main() -> None:
    """Write the pages, or only look whether they are up to date."""
    old = []
    for (name, block), make in BLOCKS.items():
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        mark = r"# {} {}" if name.startswith(".env") else r"<!-- {} {} -->"
        begin, end = mark.format("begin", block), mark.format("end", block)
        pattern = re.compile(rf"({begin}\n).*?(\n{end})", re.DOTALL)
        fresh, count = pattern.subn(lambda found, make=make: found[1] + make() + found[2], text)
        if not count:
            raise SystemExit(f"{name} has no block {block}")
        if fresh != text:
            old.append(name)
            if "--check" not in sys.argv[1:]:
                page.write_text(fresh, encoding="utf-8")
    if "--check" in sys.argv[1:] and old:
        raise SystemExit(f"{', '.join(old)}: run make docs")


if __name__ == "__main__":
    main()
