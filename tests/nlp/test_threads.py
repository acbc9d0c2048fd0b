"""numpy works with one thread, whoever starts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_ORDER = "import os, sys\nclass Found:\n    def find_spec(self, name, path, target=None):\n        name == 'numpy' and print(os.environ.get('OPENBLAS_NUM_THREADS'))\n"


@pytest.mark.parametrize("start", ["import cli.main, numpy", "import nlp.batch, nlp.pipeline"])
@pytest.mark.parametrize(("before", "within"), [(None, "1"), ("3", "3")])
def test_the_number_of_threads_is_set_before_numpy_is_imported(start: str, before: str | None, within: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    code = f"{_ORDER}sys.meta_path.insert(0, Found())\n{start}"
    given = {"OPENBLAS_NUM_THREADS": before} if before else {}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment | given, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [within]
