"""One line of ``kundenecho analyse --output`` for one line of its input.

Input is UTF-8, a line ``{"id": str, "text": str, "title"?: str, "product"?: str}``; other keys are
ignored. A line that cannot be analysed gets an error line:

* ``{"id": …, "error": …}`` where the id is known: no text, nothing in it, a field that is no string;
* ``{"id": null, "line": N, "error": …}`` where it is not: a line that is not JSON, a blank one
  included since every line has its answer, or no object, or its id is missing or no string. A number
  is refused as an id rather than turned into text that would match no key of the caller's.

Output is UTF-8. NUL and unpaired surrogates are analysed as U+FFFD, so that offsets hold, and come
back as they were; a line with an unpaired surrogate is escaped to ASCII, the only way to hold it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from kundenecho.analysis import Analysis
from kundenecho.errors import KundenechoError
from kundenecho.records import MAX_TEXT_CHARS
from kundenecho.text import storable
from nlp.engine import Engine, Text

#: Longest line that is read: two fields of the longest text, every character escaped.
MAX_LINE_BYTES: Final = 2 * 12 * MAX_TEXT_CHARS
_JSON_TYPES: Final = {
    "NoneType": "null", "bool": "a boolean", "int": "a number", "float": "a number", "str": "a string",
    "list": "an array", "dict": "an object",
}  # fmt: skip


class Line(NamedTuple):
    """A line of the input and its number from 1; no content when it was too long to be read."""

    number: int
    content: bytes | None


class Request(NamedTuple):
    """A line that can be analysed."""

    id: str
    text: Text


class Answers(NamedTuple):
    """The output for some lines: the encoded lines, how many, and how many of them are errors."""

    payload: bytes
    lines: int
    errors: int


def answer_lines(engine: Engine, lineage: str, lines: Sequence[Line]) -> Answers:
    """Answer every line, in order; one that fails never costs another its answer.

    Args:
        engine: The engine that analyses what can be analysed, all of it in one call.
        lineage: Digest of the engine's description, stands in every answer.
        lines: The input; all of it and its results are held in memory.
    """
    requests = [read_line(line) for line in lines]
    texts = [_clean(request.text) for request in requests if isinstance(request, Request)]
    results = iter(_analyses(engine, texts))
    rows = [_row(item, next(results), lineage) if isinstance(item, Request) else item for item in requests]
    return Answers(b"".join(map(_encode, rows)), len(rows), sum("error" in row for row in rows))


def read_line(line: Line) -> Request | dict[str, Any]:
    """What a line asks for, or the error row that answers it."""
    try:
        record = _parse(line.content)
        text_id = _required(record, "id")
    except ValueError as error:
        return {"id": None, "line": line.number, "error": str(error)}
    try:
        text = Text(_required(record, "text"), _optional(record, "title"), _optional(record, "product"))
        if not (_visible(text.text) or _visible(text.title)):
            raise ValueError("text and title are empty")
    except ValueError as error:
        return {"id": text_id, "error": str(error)}
    return Request(text_id, text)


def _parse(content: bytes | None) -> dict[str, Any]:
    if content is None:
        raise ValueError(f"the line is longer than {MAX_LINE_BYTES} bytes")
    if not content.strip():
        raise ValueError("the line is blank")
    try:
        record = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg.removesuffix(' at')} at character {error.pos + 1}") from None
    except (RecursionError, ValueError):
        raise ValueError("not JSON that can be read: nested too deep, or a number too long") from None
    if not isinstance(record, dict):
        raise ValueError(f"the line is {_JSON_TYPES[type(record).__name__]}, an object is needed")
    return record


def _required(record: dict[str, Any], name: str) -> str:
    value = _optional(record, name)
    if value is None:
        raise ValueError(f"the {name} is missing")
    return value


def _optional(record: dict[str, Any], name: str) -> str | None:
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"the {name} is {_JSON_TYPES[type(value).__name__]}, a string is needed")
    if len(value) > MAX_TEXT_CHARS:
        raise ValueError(f"the {name} has {len(value)} characters, at most {MAX_TEXT_CHARS} are allowed")
    return value


def _visible(text: str | None) -> bool:
    """Whether there is anything to read: more than spaces and invisible marks."""
    return any(char.isprintable() and not char.isspace() for char in storable(text or ""))


def _clean(text: Text) -> Text:
    return Text(*(storable(part) if part else part for part in text))


def _analyses(engine: Engine, texts: list[Text]) -> list[Analysis | Exception]:
    """One result for each text; where the engine fails, its exception."""
    try:
        results: list[Analysis | Exception] = list(engine.analyse(texts))
        if len(results) != len(texts):
            raise RuntimeError(f"the engine gave {len(results)} results for {len(texts)} texts")
        return results
    except (KundenechoError, MemoryError):
        raise
    except Exception as error:
        if len(texts) == 1:
            return [error]
        return [result for text in texts for result in _analyses(engine, [text])]


def _row(request: Request, result: Analysis | Exception, lineage: str) -> dict[str, Any]:
    if isinstance(result, Exception):
        # The message of a foreign exception may quote the text, the name of its class does not.
        return {"id": request.id, "error": f"the analysis failed: {type(result).__name__}"}
    for mention in result.mentions:
        original = (request.text.title if mention.field == "title" else request.text.text) or ""
        words = original[mention.start : mention.end] if mention.start is not None else ""
        if mention.target == storable(words):
            mention.target = words
    return result.to_contract(request.id, lineage)


def _encode(row: dict[str, Any]) -> bytes:
    try:
        return _READABLE.encode(row).encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        return json.dumps(row, ensure_ascii=True).encode("ascii") + b"\n"


_READABLE: Final = json.JSONEncoder(ensure_ascii=False)
