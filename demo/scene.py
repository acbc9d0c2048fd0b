"""The demo company, switched on: servers running, exports written, settings pointing there."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from demo.company import Company, company
from demo.exports import write_lists, write_survey
from demo.server import DemoServer

CONFIG: Final = Path(__file__).parent / "kundenecho.toml"


@dataclass(frozen=True)
class Scene:
    """A running demo company.

    Attributes:
        env: Environment under which Kundenecho collects from it.
        urls: Addresses to open, by name.
        server: The server, to move it through time.
    """

    env: dict[str, str]
    urls: dict[str, str]
    server: DemoServer


@contextlib.contextmanager
def demo_scene(home: Path, *, of: Company | None = None, as_of: datetime | None = None) -> Iterator[Scene]:
    """Switch the demo company on.

    Args:
        home: State directory; the exports go to ``demo-exports`` below it.
        of: Another company than the written one, for tests.
        as_of: Show the state of this moment.
    """
    found = of or company()
    exports = home.resolve() / "demo-exports"
    exports.mkdir(parents=True, exist_ok=True)
    write_survey(found, exports, as_of)
    write_lists(found, exports)
    sources = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["sources"]
    with DemoServer(found, as_of=as_of) as server:
        env = {
            "KUNDENECHO_CONFIG": str(CONFIG),
            "KUNDENECHO_HOME": str(home.resolve()),
            "KUNDENECHO_SOURCES_SHOP_ADDRESS": server.url,
            "KUNDENECHO_SOURCES_UMFRAGE_ADDRESS": str(exports / "umfrage*.csv"),
        }
        for kind, fake in server.fakes.items():
            if kind in sources:
                env.update(fake.environment(kind))
        yield Scene(env, {"Shop der Demofirma": server.url}, server)
