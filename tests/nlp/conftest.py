from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kundenecho.analysis import Analysis
from nlp.engine import Engine, Text, load_engine

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


@pytest.fixture(scope="session")
def engine() -> Engine:
    return load_engine()


@pytest.fixture(scope="session")
def read(engine: Engine) -> Callable[..., Analysis]:
    def analyse(text: str | None, title: str | None = None, product: str | None = None) -> Analysis:
        return next(engine.analyse([Text(text, title, product)]))

    return analyse


def shared_rows(name: str) -> list[dict[str, Any]]:
    file = SHARED / name
    if not file.exists():
        pytest.skip(f"{file} is absent: the shared data lies beside the project only where it is developed")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
