"""Read files of labelled texts: JSON lines, the first wrong one told with file and line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kundenecho.errors import DataError, SettingsError

_Text = TypeVar("_Text")


def read_annotated(path: Path, parse: Callable[[Any], _Text]) -> list[_Text]:
    """Read labelled texts; blank lines are skipped.

    Args:
        path: JSON lines.
        parse: Makes a text of what a line holds; raises ValueError, KeyError, TypeError or AttributeError
            where it holds something else.

    Raises:
        SettingsError: When the file cannot be opened.
        DataError: At the first line that is no labelled text, and for a file without any.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise SettingsError(
            f"the labelled texts cannot be read: {error.strerror}", where=str(path), remedy="Correct the path"
        ) from None
    texts = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                texts.append(parse(json.loads(line.decode("utf-8"))))
            except KeyError as error:
                fault = f"{error} is missing"
            except (ValueError, TypeError, AttributeError, RecursionError) as error:
                fault = f"{type(error).__name__}: {error}"
            else:
                continue
            raise DataError(
                f"no valid annotation: {fault}", where=f"{path}:{number}", remedy="Correct the annotation"
            ) from None
    if not texts:
        raise DataError("the file has no texts", where=str(path), remedy="Name a file of labelled JSON lines")
    return texts
