"""Every command that takes a product refuses one that nothing names."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from cli.main import cli
from kundenecho.errors import UnknownProductError
from tests.cli.conftest import Installation

#: What a command needs beside the product.
_MORE = {
    "journey quotes": ("delivery",),
    "newsletter": ("--by", "Jana"),
    "parts different": ("Hahn", "Zapfer"),
    "parts same": ("Hahn", "Zapfer"),
}


def _takers(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[str]:
    for name, command in group.commands.items():
        if any("--product" in option.opts for option in command.params):
            yield " ".join((*path, name))
        if isinstance(command, click.Group):
            yield from _takers(command, (*path, name))


@pytest.mark.parametrize("command", sorted(_takers()))
def test_an_unknown_product_is_refused(installed: Installation, command: str) -> None:
    refused = installed.run(*command.split(), *_MORE.get(command, ()), "--product", "HM-31")
    assert isinstance(refused.exception, UnknownProductError), refused.output
    assert "no product HM-31. Did you mean HM-310 (" in str(refused.exception)


def test_a_group_of_products_has_topics(installed: Installation) -> None:
    with installed.db.connect("tests") as conn, conn.cursor() as cursor:
        cursor.execute("UPDATE product SET product_group = 'Maschinen' WHERE product = 'HM-310'")
        conn.commit()
    assert installed.run("topics", "--product", "Maschinen").exit_code == 0
    assert isinstance(installed.run("defects", "--product", "Maschinen").exception, UnknownProductError)
