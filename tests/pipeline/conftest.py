"""The demo company as fixtures: small ones for single steps, the written one for the whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.company import Company, Person, Voice
from demo.scene import CONFIG, Scene, demo_scene
from demo.server import fakes
from kundenecho.settings import Settings, load_settings
from storage.connect import Database
from tests.spiders.crowd import crowd

DEMO_SOURCES = load_settings(CONFIG, env={}).sources
START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def small_company() -> Company:
    """Thirty persons on three channels, of whom every third complains about the spout, and eight voices on each other."""
    persons = {
        f"p{n}": Person(
            f"p{n}",
            f"Ina Nr{n}",
            {"shop": f"Ina{n}", "provenexpert": f"Ina N{n}"},
            f"ina{n}@example.org",
            f"K-{n}",
            "DE",
            "Kassel",
        )
        for n in range(30)
    }
    voices = []
    for n in range(60):
        bad = n % 3 == 0
        text = (
            f"Die Auslaufdüse ist verstopft, zum {n}. Mal."
            if bad
            else f"Toller Kaffee, kann ich nur weiterempfehlen, Tag {n}."
        )
        edits = (
            (
                {
                    "date": (START + timedelta(days=90)).isoformat(),
                    "stars": 5,
                    "text": "Mit einer Büroklammer ist die Auslaufdüse wieder frei, jetzt bin ich zufrieden.",
                },
            )
            if n == 3
            else ()
        )
        voices.append(
            Voice(
                f"s{n}",
                "shop",
                f"p{n % 30}",
                START + timedelta(days=n),
                {"stars": 2 if bad else 5, "title": None, "text": text, "verified": True},
                ("HM-310", "HM-120", "HM-450")[n % 2],
                edits,
            )
        )
    for n in range(12):
        voices.append(
            Voice(
                f"e{n}",
                "provenexpert",
                f"p{n}",
                START + timedelta(days=n),
                {"recommendation": 1, "categories": {"Qualität": 5}, "text": "Guter Service", "anonymous": False},
            )
        )
        voices.append(
            Voice(
                f"u{n}",
                "survey",
                f"p{n}",
                START + timedelta(days=n),
                {"nps": 10, "grade": 1, "answers": {"gut": "Der Kaffee schmeckt wunderbar", "besser": None}},
                "HM-310",
            )
        )
    for channel in sorted(cls.channel or kind for kind, cls in fakes().items() if kind in DEMO_SOURCES):
        if channel not in {"shop", "provenexpert"}:
            one = crowd(channel, 8)
            for key, person in one.persons.items():
                display = {**(persons[key].display if key in persons else {}), **person.display}
                persons[key] = replace(person, display=display)
            voices += [replace(voice, id=f"{channel}-{voice.id}") for voice in one.voices]
    return Company(persons, tuple(sorted(voices, key=lambda v: (v.date, v.id))))


@pytest.fixture
def scene(db: Database, tmp_path: Path) -> Iterator[Scene]:
    """The small company switched on; the environment points to it and to a fresh database."""
    with scene_on(small_company(), db, tmp_path) as found:
        yield found


@pytest.fixture
def demo(scene: Scene) -> Settings:
    """Settings of the small company."""
    return load_settings()


def scene_on(of: Company | None, db: Database, tmp_path: Path) -> ExitStack:
    """Switch a company on until the returned stack is closed."""

    class _Scene(ExitStack):
        def __enter__(self) -> Scene:  # type: ignore[override]
            super().__enter__()
            found = self.enter_context(demo_scene(tmp_path / "home", of=of))
            saved = dict(os.environ)
            self.callback(lambda: (os.environ.clear(), os.environ.update(saved)))
            os.environ.update(found.env, KUNDENECHO_DATABASE_URL=db.url)
            return found

    return _Scene()


@pytest.fixture
def with_source(demo: Settings) -> Callable[..., Settings]:
    """Settings in which one source's table is changed."""

    def change(name: str, **values: object) -> Settings:
        table = demo.sources[name]
        changed = replace(table, values={**table.values, **values})
        return replace(demo, sources={**demo.sources, name: changed})

    return change
