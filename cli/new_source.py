"""The command that begins a new kind of source: card, spider, fake, golden page and test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click

from kundenecho.errors import SettingsError

_TEMPLATES: Final = Path(__file__).parent / "scaffold"
_ROOT: Final = Path(__file__).resolve().parent.parent
#: Template by the place that it is written to, for each kind of reading.
_FILES: Final = {
    "api": {
        "spiders/cards/{name}.toml": "card.toml.txt",
        "spiders/sources/{name}.py": "spider.py.txt",
        "demo/fakes/{name}.py": "fake.py.txt",
        "tests/spiders/golden/{name}.reviews.api.json": "golden.json.txt",
        "tests/spiders/sources/test_{name}.py": "test.py.txt",
    },
    "file": {
        "spiders/cards/{name}.toml": "file_card.toml.txt",
        "tests/spiders/golden/{name}.csv": "golden.csv.txt",
        "tests/spiders/golden/{name}.toml": "golden.toml.txt",
    },
}


@click.command("new-source")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(tuple(_FILES)),
    default="api",
    show_default=True,
    help="An interface over HTTP, or an export file. Pages need no kind of their own: schemaorg reads them.",
)
@click.option("--title", help="Name of the portal or tool for people; default: NAME.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=_ROOT,
    help="Checkout to write into; default: the one this program runs from.",
)
def new_source(name: str, kind: str, title: str | None, root: Path) -> None:
    """Write card, spider, fake, golden page and test for a new kind of source NAME.

    What is written works: its test and its row of the fault matrix pass. Change the fake to what the
    provider documents first, then the spider.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,39}", name):
        raise SettingsError(f"{name!r} is not made of lower-case letters, digits and _", remedy="Choose another name")
    values = {
        "name": name,
        "title": re.sub(r'["\\\n{}]', "", title or name),
        "VARIABLE": name.upper(),
        "Class": "".join(word.capitalize() for word in name.split("_")),
    }
    files = {root / place.format(name=name): template for place, template in _FILES[kind].items()}
    if not (root / "spiders" / "cards").is_dir():
        raise SettingsError("this is no checkout of Kundenecho", where=str(root), remedy="Name one with --root")
    if there := [file for file in files if file.exists()]:
        raise SettingsError("the file exists already", where=str(there[0]), remedy="Choose another name")
    for file, template in files.items():
        file.write_text((_TEMPLATES / template).read_text(encoding="utf-8").format(**values), encoding="utf-8")
        click.echo(file.relative_to(root))
    click.echo(f"Now: pytest tests/spiders -k {name}. The golden pair writes its expectation once; look at it.")


COMMANDS = (new_source,)
