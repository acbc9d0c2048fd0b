"""CSV row by row, so that one broken row does not swallow its neighbours."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, TextIO

#: Longest row that is read, in characters; a longer one is a fault of the export.
MAX_ROW_CHARS: Final = 1_000_000
#: No text holds this character, so a file with it as delimiter has one column.
NO_DELIMITER: Final = "\x1f"
_DELIMITERS: Final = (";", ",", "\t", "|")


class Broken(list[Any]):
    """The cells of a row that cannot be taken as they are, and why."""

    def __init__(self, cells: list[Any], fault: str) -> None:
        super().__init__(cells)
        self.fault = fault


class _Lines:
    """Lines of a file that can be given back; an endless line is cut."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.number = 0
        self.taken: list[str] = []
        self._ahead: deque[str] = deque()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else self._read()
        self.number += 1
        self.taken.append(line)
        return line

    def _read(self) -> str:
        line = rest = self.file.readline(MAX_ROW_CHARS + 1)
        while len(rest) > MAX_ROW_CHARS and not rest.endswith(("\n", "\r")):
            rest = self.file.readline(MAX_ROW_CHARS + 1)
        if not line:
            raise StopIteration
        return line

    def keep_first(self) -> None:
        """Give back all lines taken for the current row but the first."""
        self._ahead.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        del self.taken[1:]


class CsvRows:
    """Rows of a CSV file as (number of the first line from 1, cells).

    A quotation mark that is never closed makes a reader take all lines that follow for one cell. Such
    a row has too few cells or too many characters; its first line is refused and reading goes on with
    the second.

    Args:
        file: The file, opened with ``newline=""``.
        delimiter: One character.

    Attributes:
        width: Cells that each row must have; 0 while the header is read.
    """

    def __init__(self, file: TextIO, delimiter: str) -> None:
        csv.field_size_limit(MAX_ROW_CHARS)
        self._lines = _Lines(file)
        self._delimiter = delimiter
        self._reader = csv.reader(self._lines, delimiter=delimiter)
        self.width = 0

    def __iter__(self) -> Iterator[tuple[int, list[Any]]]:
        return self

    def __next__(self) -> tuple[int, list[Any]]:
        self._lines.taken.clear()
        number = self._lines.number + 1
        try:
            cells: list[Any] = next(self._reader)
            fault = self._fault(cells)
        except csv.Error as error:
            cells, fault = [], f"the row cannot be read: {error}"
        if not fault:
            return number, cells
        if len(self._lines.taken) > 1:
            self._lines.keep_first()
            fault = "a quotation mark is not closed"
        return number, Broken(self._lines.taken[0][:MAX_ROW_CHARS].split(self._delimiter), fault)

    def _fault(self, cells: list[str]) -> str:
        if sum(map(len, self._lines.taken)) > MAX_ROW_CHARS:
            return f"the row has more than {MAX_ROW_CHARS} characters"
        if len(cells) < self.width and any(cell.strip() for cell in cells):
            return f"the row has {len(cells)} cells, the header {self.width}"
        last = self._lines.taken[-1] if self._lines.taken else "\n"
        if not last.endswith(("\n", "\r")) and sum(line.count('"') for line in self._lines.taken) % 2:
            # The file ends within a cell: the reader takes what is left of it for the whole.
            return "a quotation mark is not closed"
        return ""


def find_delimiter(head: str) -> str:
    """The delimiter that splits the first lines of a file into the most, and equally many, cells.

    Args:
        head: The first lines, the header among them.
    """
    best, score = NO_DELIMITER, (0, 0)
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in csv.reader(head.splitlines(keepends=True), delimiter=delimiter) if row]
        same = sum(width == widths[0] for width in widths) if widths else 0
        if widths and widths[0] > 1 and (same, widths[0]) > score:
            best, score = delimiter, (same, widths[0])
    return best
