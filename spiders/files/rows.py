"""Rows of a table as Feedback records, by the columns that a card declares: exports, and surveys asked as a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from kundenecho.records import Feedback, digest_json
from spiders.build import chosen
from spiders.context import Context
from spiders.files.columns import Columns, Score, Sheet, folded, value_of
from spiders.files.referrals import is_email, referral
from spiders.personal import MAX_CELL_CHARS, PERSONAL_FIELDS
from spiders.values import Moment, absent, moment, number, quoted, rating_1_5, yes_no

_PERSON: Final = ("author", "author_name", "email", "phone", "customer", "order")
_VERIFIED: Final = {True: "yes", False: "no", None: "unknown"}
_STATES: Final = {
    word: state
    for state, words in {
        "published": ("published", "approved", "veröffentlicht", "freigegeben", "sichtbar"),
        "hidden": ("hidden", "pending", "verborgen", "ausgeblendet", "gesperrt", "in prüfung"),
        "deleted": ("deleted", "gelöscht"),
    }.items()
    for word in words
}
_NPS_FIRST = re.compile(r"^\s*(\d{1,2})(?:[.,]0+)?\s*(?:$|[-–—:(=])")
_NPS_LAST = re.compile(r"[-–—:]\s*(\d{1,2})\s*$")
#: LimeSurvey's date where it keeps none, in the spellings of its exports and of spreadsheets.
_NO_DATE = re.compile(r"^(?:1980-01-01|0?1\.0?1\.(?:19)?80)\b")
#: Headings that tell who somebody is, also where a card does not name them; letters only.
_PERSONAL_HEADINGS: Final = PERSONAL_FIELDS | set(
    "adresse anschrift emailadresse ipadresse ip kundennummer kundennr mailadresse mobilnummer nachname plz"  # noqa: SIM905
    " strasse straße telefon telefonnummer vorname name".split()
)
_NOT_LETTER = re.compile(r"[^a-zäöüß]")


class RowReader:
    """Turns rows into records.

    Args:
        context: Card, account, keyer and begin of the run.
        page: Envelope of the file or answer that they come from.

    Attributes:
        columns: Where the card's fields stand.
        silent: Responses that were not submitted and say nothing, which are left out.
    """

    def __init__(self, context: Context, page: dict[str, Any]) -> None:
        self.context, self.page = context, page
        self.card, self.keyer = context.card, context.keyer
        self.columns = Columns(context.card)
        self.silent = 0
        self._labels = {folded(label): float(value) for label, value in self.card.labels.items()}
        self._alike: Counter[str] = Counter()
        self._kept = lru_cache(64)(self._found_kept)

    def records(self, cells: Mapping[str, Any]) -> list[Feedback]:
        """The records of one row: one, or for a survey one for each open question that was answered.

        All are made before the first is handed on, so that a row is refused as a whole or not at all. A
        response that was not submitted is kept for its words only: it counts for no NPS.

        Raises:
            ValueError: A cell does not hold what its column should.
            DataError: The record is not allowed.
        """
        sheet = self.columns.of(cells)
        native_id = self._native_id(cells, sheet)
        common = self._common(cells, sheet)
        submitted = "submitted" not in sheet.fields or not absent(value_of(cells, sheet.fields["submitted"]))
        if not submitted:
            common |= {"nps_0_10": None, "extra": {**common["extra"], "submitted": False}}
        said: dict[str, dict[str, Any]]
        if self.card.answers:
            answers = {key: _text(value_of(cells, columns)) for key, columns in sheet.answers.items()}
            said = {f"{native_id}/{key}": {"text": text} for key, text in answers.items() if text}
            common["response_key"] = native_id
        else:
            title, text = (_text(value_of(cells, sheet.fields.get(name, ()))) for name in ("title", "text"))
            said = {native_id: {"title": title, "text": text}} if submitted or title or text else {}
        if not said and not submitted:
            self.silent += 1
            return []
        # Who answers no open question has still given a rating and an NPS.
        said = said or {f"{native_id}/rating": {"text": None}}
        return [Feedback(native_id=key, **words, **common) for key, words in said.items()]

    def fragment(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """The row as it came, personal columns keyed, columns that the card ignores left out."""
        fragment: dict[str, Any] = {}
        for column, personal in self._kept(tuple(cells)):
            value = cells[column]
            if personal and not absent(value):
                fragment[column] = self.keyer.key(f"fragment/{column}", str(value))
            elif isinstance(value, (int, float, bool, type(None))):
                fragment[column] = value
            else:
                fragment[column] = str(value)[:MAX_CELL_CHARS]
        return fragment

    def _found_kept(self, header: tuple[str, ...]) -> list[tuple[str, bool]]:
        """The columns that a fragment keeps, and whether they are personal."""
        personal = self.columns.of(dict.fromkeys(header)).personal()
        ignored = {folded(name) for name in self.card.ignore}
        return [(c, c in personal or _is_personal(c)) for c in header if folded(c) not in ignored]

    def _common(self, cells: Mapping[str, Any], sheet: Sheet) -> dict[str, Any]:
        def cell(field: str) -> Any:
            return value_of(cells, sheet.fields.get(field, ()))

        card = self.card
        created = self._when(cell("submitted")) or self._when(cell("created_at"))
        likes, state = number(cell("likes")), cell("state")
        referred = card.feedback_kind == "referral"
        return {
            "source": card.name,
            "account": _text(cell("account")) or self.context.account,
            "kind": card.feedback_kind,
            "state": "published" if state is None else chosen(folded(str(state)), _STATES, "state"),
            "created_at": created.at if created else None,
            "created_precision": created.precision if created else "unknown",
            "collected_at": self.context.collected_at,
            **self._rating(cell("rating"), cell("rating_max")),
            "nps_0_10": nps(cell("nps")),
            "would_recommend": True if referred else yes_no(cell("recommend")),
            "product": self.context.product(_text(cell("product"))),
            "product_name": _text(cell("product_name")),
            "url": _text(cell("url")),
            "reply": _text(cell("reply")),
            "language": _text(cell("language")),
            "likes": int(likes) if likes is not None else None,
            "verified_purchase": _VERIFIED[yes_no(cell("verified"))],
            **self._person([_text(cell(name)) for name in (*_PERSON, "product")]),
            "raw": self.fragment(cells) if card.keep_raw else None,
            "page": self.page,
            "extra": {
                **({"product_group": group} if (group := _text(cell("product_group"))) else {}),
                **({"scores": scores} if (scores := self._scores(cells, sheet.scores)) else {}),
                **(referral(cell, self.context) if referred else {}),
            },
        }

    def _native_id(self, cells: Mapping[str, Any], sheet: Sheet) -> str:
        """The source's own id; several columns joined by " + " where one alone is not unique."""
        parts = sheet.native_id
        if not sheet.nameless and not any(parts):
            return self._surrogate(cells)
        values = [_text(value_of(cells, columns)) for columns in parts]
        if values[0] is None:
            raise ValueError("the row has no id")
        if sheet.numbered and not values[0].isdecimal():
            raise ValueError("the first column holds no number; name the column of the ids")
        if set(parts[0]) & sheet.personal() or "@" in values[0]:
            values[0] = str(self.keyer.key("native_id", values[0]))
        # The further parts may be personal, so only their digest stands in the id.
        return values[0] if len(values) == 1 else f"{values[0]}-{digest_json(values)[:8]}"

    def _surrogate(self, cells: Mapping[str, Any]) -> str:
        """A stable id where the export has none: digest of the keyed row, counted among equal rows."""
        digest = digest_json(self.fragment(cells))
        self._alike[digest] += 1
        return f"s-{digest}" if self._alike[digest] == 1 else f"s-{digest}-{self._alike[digest]}"

    def _when(self, value: Any) -> Moment | None:
        dummy = (value.year, value.month, value.day) == (1980, 1, 1) if isinstance(value, date) else (
            isinstance(value, str) and _NO_DATE.match(value.strip())
        )  # fmt: skip
        return None if dummy else moment(value, self.card.time_zone, self.card.date_order)

    def _number(self, value: Any) -> float | None:
        """A rating cell: a number, or a word for which the card gives one."""
        label = self._labels.get(folded(value)) if isinstance(value, str) else None
        return number(value) if label is None else label

    def _rating(self, value: Any, high: Any) -> dict[str, float | None]:
        raw = self._number(value)
        if raw is None:
            return {}
        low, top = self.card.rating_min, number(high) or self.card.rating_max
        stars = rating_1_5(raw, low, top, self.card.rating_best)
        return {"raw_value": raw, "raw_min": low, "raw_max": top, "rating_1_5": stars}

    def _scores(self, cells: Mapping[str, Any], scores: Mapping[str, Score]) -> dict[str, float]:
        given = {name: (self._number(value_of(cells, score.columns)), score) for name, score in scores.items()}
        return {
            name: rating_1_5(value, score.low, score.high, score.best)
            for name, (value, score) in given.items()
            if value is not None
        }

    def _person(self, said: Sequence[str | None]) -> dict[str, str | None]:
        author, name, email, phone, customer, order, product = said
        keyer = self.keyer
        if self.card.feedback_kind == "referral":
            if not any((author, email, phone, customer)):
                raise ValueError("the referral names no referrer")
            author, email = (None, email or author) if is_email(author) else (author, email)
        keys = {
            "email_key": keyer.email(email),
            "customer_key": keyer.customer(customer),
            "phone_key": keyer.phone(phone),
            "order_key": keyer.order(order),
        }
        # A display name alone is nobody's for certain, so it holds within one product only.
        alone = keyer.account(self.card.name, f"{name}\x1f{product or ''}" if name else None)
        key = keyer.account(self.card.name, author) or next(filter(None, keys.values()), alone)
        return {"author_key": key, "author_name": name, **keys}


def nps(value: Any) -> int | None:
    """The answer 0 to 10; tools write ``10 - Sehr wahrscheinlich`` as well.

    Raises:
        ValueError: It is no whole number from 0 to 10.
    """
    if value is None:
        return None
    match = _NPS_FIRST.match(str(value)) or _NPS_LAST.search(str(value))
    if not match or int(match[1]) > 10:
        raise ValueError(f"the NPS {quoted(value)} is not 0 to 10")
    return int(match[1])


def _is_personal(column: str) -> bool:
    return _NOT_LETTER.sub("", column.casefold()) in _PERSONAL_HEADINGS


def _text(value: Any) -> str | None:
    if absent(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else str(value)
