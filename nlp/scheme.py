"""A scheme: a label set of one's own, and where its labels stand in annotated lines.

A scheme is a TOML or JSON file with ``name``, ``categories``, ``polarities``, perhaps ``at_least_one``, and a
table ``gold`` that names the fields of a line (``text``, ``mentions``) and of a mention (``category``,
``polarity``, perhaps ``target``).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import DataError, SettingsError

#: Fields of a gold line and of its mentions, and their names where the scheme gives none.
_FIELDS: Final = {"text": "text", "mentions": "mentions", "category": "category", "polarity": "polarity"}
_KEYS: Final = ("name", "categories", "polarities", "at_least_one", "gold")
_REMEDY: Final = "See docs/schemes.md"


@dataclass(frozen=True, slots=True)
class Scheme:
    """A label set and where its labels stand in gold lines.

    Attributes:
        name: For messages.
        categories: What a text can speak of.
        polarities: What it can say of that.
        at_least_one: Every text speaks of something; the likeliest is said however unlikely.
        text: Field of the text in a line.
        mentions: Field of the list of mentions.
        category: Field of a mention's category. polarity: of its polarity.
        target: Field with the words that name the thing; None where nobody annotated it.
    """

    name: str
    categories: tuple[str, ...]
    polarities: tuple[str, ...]
    at_least_one: bool = False
    text: str = "text"
    mentions: str = "mentions"
    category: str = "category"
    polarity: str = "polarity"
    target: str | None = None

    def to_json(self) -> str:
        """The scheme as text, for a weights file."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def scheme_from_json(text: str) -> Scheme:
    """The scheme that :meth:`Scheme.to_json` wrote.

    Raises:
        ValueError, TypeError: When it is none.
    """
    row = json.loads(text)
    return Scheme(**{**row, "categories": tuple(row["categories"]), "polarities": tuple(row["polarities"])})


@dataclass(frozen=True, slots=True)
class SchemeMention:
    """One annotated mention; ``target`` as it stands in the text, None where it is not given."""

    category: str
    polarity: str
    target: str | None


@dataclass(frozen=True, slots=True)
class SchemeText:
    """One annotated text."""

    text: str
    mentions: tuple[SchemeMention, ...]

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """What is said: categories with polarities."""
        return {(mention.category, mention.polarity) for mention in self.mentions}


def read_scheme(path: Path) -> Scheme:
    """Read a scheme; a name that ends in ``.json`` is JSON, any other TOML.

    Raises:
        SettingsError: When it cannot be read or is no scheme.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
        row = json.loads(content) if path.suffix.lower() == ".json" else tomllib.loads(content)
        return _scheme(row, path.stem)
    except OSError as error:
        fault = f"the scheme cannot be read: {error.strerror}"
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fault = f"the scheme is neither TOML nor, named .json, JSON: {str(error).splitlines()[0]}"
    except (ValueError, RecursionError) as error:
        fault = str(error)
    raise SettingsError(fault, where=str(path), remedy=_REMEDY)


def _scheme(row: Any, stem: str) -> Scheme:
    if not isinstance(row, dict):
        raise ValueError("the scheme is no table")
    unknown = sorted(set(row) - set(_KEYS))
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(_KEYS)}")
    gold = row.get("gold", {})
    if not isinstance(gold, dict) or any(not isinstance(value, str) or not value for value in gold.values()):
        raise ValueError("gold is no table of field names")
    unknown = sorted(set(gold) - {*_FIELDS, "target"})
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r} in gold; known are {', '.join([*_FIELDS, 'target'])}")
    name, at_least_one = row.get("name", stem), row.get("at_least_one", False)
    if not isinstance(name, str) or not isinstance(at_least_one, bool):
        raise ValueError("name is no text, or at_least_one neither true nor false")
    fields = {field: gold.get(field, default) for field, default in _FIELDS.items()}
    labels = (_labels(row, "categories"), _labels(row, "polarities"))
    return Scheme(name, *labels, at_least_one, **fields, target=gold.get("target"))


def _labels(row: dict[str, Any], key: str) -> tuple[str, ...]:
    labels = row.get(key)
    if not isinstance(labels, list) or not labels or any(not isinstance(x, str) or not x for x in labels):
        raise ValueError(f"{key} is no list of names")
    if len(set(labels)) < len(labels):
        raise ValueError(f"{key} names one label twice")
    return tuple(labels)


def read_scheme_gold(path: Path, scheme: Scheme) -> list[SchemeText]:
    """Read annotated JSON lines whose labels stand where the scheme says; blank lines are skipped.

    Raises:
        SettingsError: When the file cannot be opened.
        DataError: At the first line that does not fit the scheme, naming file and line, and for a file
            without any.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"the gold file cannot be read: {error.strerror}", where=str(path), remedy="Correct the path or the rights"
        ) from None
    texts = list(_texts(content.removeprefix(b"\xef\xbb\xbf"), path, scheme))
    if not texts:
        raise DataError("the gold file has no texts", where=str(path), remedy="Name a file of annotated JSON lines")
    return texts


def _texts(content: bytes, path: Path, scheme: Scheme) -> Iterator[SchemeText]:
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield _text(json.loads(line.decode("utf-8")), scheme)
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            fault = "not readable as UTF-8 JSON"
        except ValueError as error:
            fault = str(error)
        else:
            continue
        raise DataError(fault, where=f"{path}:{number}", remedy="Correct the line, or the fields in the scheme")


def _text(row: Any, scheme: Scheme) -> SchemeText:
    if not isinstance(row, dict):
        raise ValueError("the line is no JSON object")
    text, mentions = row.get(scheme.text), row.get(scheme.mentions)
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"the text ({scheme.text}) is missing")
    if not isinstance(mentions, list) or any(not isinstance(mention, dict) for mention in mentions):
        raise ValueError(f"{scheme.mentions} is no list of objects")
    return SchemeText(text, tuple(_mention(mention, scheme) for mention in mentions))


def _mention(mention: dict[str, Any], scheme: Scheme) -> SchemeMention:
    category, polarity = mention.get(scheme.category), mention.get(scheme.polarity)
    for field, value, known in (
        (scheme.category, category, scheme.categories),
        (scheme.polarity, polarity, scheme.polarities),
    ):
        if value not in known:
            raise ValueError(f"{field} {json.dumps(value)[:40]} is not in the scheme")
    target = mention.get(scheme.target) if scheme.target else None
    if target is not None and not isinstance(target, str):
        raise ValueError(f"{scheme.target} is neither text nor null")
    return SchemeMention(str(category), str(polarity), target or None)
