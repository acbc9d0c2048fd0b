"""As much of GraphQL (specification of October 2021) as a strict fake needs: one query, read and answered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r'[\s,]*(?:#[^\n]*\s*)*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|\$?[A-Za-z_]\w*|[{}()\[\]:=!])')
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


class QueryError(Exception):
    """A query that a shop refuses: the message, and the category that stands beside it."""

    def __init__(self, message: str, category: str = "graphql") -> None:
        super().__init__(message)
        self.category = category


@dataclass
class Field:
    """One asked field with its arguments and the fields below it."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    below: list[Field] = field(default_factory=list)


class Query:
    """Reads one query.

    Args:
        text: The query.
        variables: Values of its variables.

    Raises:
        QueryError: It is none.
    """

    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._tokens, end = [], 0
        while match := _TOKEN.match(text, end):
            self._tokens.append(match[1])
            end = match.end()
        if text[end:].strip(" \n\t\r,"):
            raise QueryError("Syntax Error: Unexpected character")
        self._declared: set[str] = set()
        if self._peek() == "query":
            self._next()
            self._declarations()
        self.fields = self._selection()
        if self._tokens:
            raise QueryError("Syntax Error: Unexpected text after the query")

    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _next(self, wanted: str = "") -> str:
        word = self._tokens.pop(0) if self._tokens else "<EOF>"
        if wanted and word != wanted:
            raise QueryError(f"Syntax Error: Expected {wanted}, found {word}")
        return word

    def _declarations(self) -> None:
        if self._peek() not in {"(", "{"}:
            self._next()
        if self._peek() == "(":
            self._next()
            while self._peek() != ")":
                word = self._next()
                if word == "<EOF>":
                    raise QueryError("Syntax Error: Expected ), found <EOF>")
                if word.startswith("$"):
                    self._declared.add(word[1:])
            self._next(")")
        if unknown := self._variables.keys() - self._declared:
            raise QueryError(f"Variable ${min(unknown)} is not defined")

    def _selection(self) -> list[Field]:
        self._next("{")
        found: list[Field] = []
        while self._peek() != "}":
            name = self._next()
            if not re.fullmatch(r"[A-Za-z_]\w*", name):
                raise QueryError(f"Syntax Error: Expected Name, found {name}")
            arguments = self._arguments() if self._peek() == "(" else {}
            found.append(Field(name, arguments, self._selection() if self._peek() == "{" else []))
        self._next("}")
        return found

    def _arguments(self) -> dict[str, Any]:
        return self._pairs("(", ")")

    def _pairs(self, first: str, last: str) -> dict[str, Any]:
        self._next(first)
        found: dict[str, Any] = {}
        while self._peek() != last:
            name = self._next()
            self._next(":")
            found[name] = self._value()
        self._next(last)
        return found

    def _value(self) -> Any:
        word = self._peek()
        if not word:
            raise QueryError("Syntax Error: Unexpected <EOF>")
        if word == "{":
            return self._pairs("{", "}")
        if word == "[":
            self._next()
            found = []
            while self._peek() != "]":
                found.append(self._value())
            self._next("]")
            return found
        self._next()
        if word.startswith("$"):
            if word[1:] not in self._declared:
                raise QueryError(f'Variable "{word}" is not defined.')
            return self._variables.get(word[1:])
        if word.startswith('"') or word[:1].isdigit() or word[:1] == "-":
            return json.loads(word)
        # A word of an enumeration stands for itself.
        return _WORDS.get(word, word)


def answered(asked: list[Field], value: Any, kind: str) -> Any:
    """A value cut to the fields that were asked for; a function in it is called with the field's arguments.

    Raises:
        QueryError: A field is asked for that there is not, or an object as a whole.
    """
    if isinstance(value, list):
        return [answered(asked, each, kind) for each in value]
    if not isinstance(value, dict):
        if asked:
            raise QueryError(f'Field "{kind}" must not have a selection since it has no subfields.')
        return value
    if not asked:
        raise QueryError(f'Field "{kind}" must have a selection of subfields.')
    out = {}
    for each in asked:
        if each.name not in value:
            raise QueryError(f'Cannot query field "{each.name}" on type "{kind}".')
        found = value[each.name]
        if callable(found):
            found = found(**each.arguments)
        elif each.arguments:
            raise QueryError(f'Unknown argument on field "{each.name}" of type "{kind}".')
        out[each.name] = answered(each.below, found, each.name)
    return out
