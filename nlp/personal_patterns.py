"""Numbers and addresses in a text: telephone, e-mail, IBAN, order and customer numbers, streets, plates, handles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from nlp import personal_forms as forms
from nlp.personal_words import Is, lexicon, plate_districts


class Found(NamedTuple):
    """A stretch of a text and its kind, one of :data:`nlp.personal.KINDS`; an empty kind is known to be none."""

    start: int
    end: int
    kind: str


def find_patterns(text: str) -> list[Found]:
    """Everything of a text that is personal by its form; what overlaps goes to the surer kind.

    Args:
        text: The text.

    Returns:
        Stretches without an overlap, in no order; those without a kind are known to be none.
    """
    lower = text.lower()
    digits = len(forms.DIGIT.findall(text))
    finders: list[_Finder] = []
    if "@" in text or "t)" in text or "t]" in text or " ät " in text:
        finders.append(_emails)
    if digits >= 3 and forms.LONG.search(text):
        finders += [_not_personal, _ibans, _numbers] if digits >= 4 else [_numbers]
        finders += [_phones] if digits >= 5 else []
    if "null" in lower:
        finders.append(_spoken)
    if digits:
        finders += [_addresses, _plates]
    if "@" in text or "_" in text or _any(forms.ACCOUNT_CUES, lower):
        finders.append(_handles)
    if digits >= 4:
        finders.append(_lone)
    found: list[Found] = []
    if finders:
        taken = bytearray(len(text))
        for finder in finders:
            for item in finder(text, lower):
                if taken.find(1, item.start, item.end) < 0:
                    taken[item.start : item.end] = b"\1" * (item.end - item.start)
                    found.append(item)
    return found


def _any(cues: tuple[str, ...], lower: str) -> bool:
    return any(cue in lower for cue in cues)


def _emails(text: str, lower: str) -> Iterator[Found]:
    return (Found(match.start(), match.end(), "email") for match in forms.EMAIL.finditer(text))


def _not_personal(text: str, lower: str) -> Iterator[Found]:
    if "http" in lower or "www" in lower:
        yield from (Found(match.start(), match.end(), "") for match in forms.URL.finditer(text))
    if _any(forms.GOODS_CUES, lower):
        yield from (Found(match.start(), match.end(), "") for match in forms.GOODS.finditer(text))


def _ibans(text: str, lower: str) -> Iterator[Found]:
    for match in forms.IBAN.finditer(text):
        length = forms.IBAN_LENGTHS.get(match.group()[:2].upper())
        end = _collect(text, match.start(), length) if length else None
        if end:
            yield Found(match.start(), end, "iban")


def _collect(text: str, start: int, length: int) -> int | None:
    """Offset behind an account number, at most one blank or hyphen between its signs; None where it ends early."""
    numeric = text[start : start + 2].upper() in ("DE", "AT", "PL", "CZ", "ES", "BE", "DK", "SE", "SK", "HU")
    count, at = 0, start
    while count < length:
        if count and text[at : at + 1] in (" ", "-"):
            at += 1
        sign = text[at : at + 1]
        if not (sign.isascii() and (sign.isdigit() or (sign.isalpha() and (count < 2 or not numeric)))):
            return at if numeric and count >= length - 2 else None
        count, at = count + 1, at + 1
    return at if at == len(text) or not text[at].isalnum() else None


def _numbers(text: str, lower: str) -> Iterator[Found]:
    if _any(forms.NUMBER_CUES, lower):
        yield from _cued_numbers(text)
    for match in forms.THING.finditer(text) if _any(forms.THING_CUES, lower) else ():
        start, end = match.span(1)
        digits = sum(map(str.isdigit, match[1]))
        year = digits == 4 and match[1].startswith(("19", "20"))
        usable = digits >= 4 and not year and not forms.IS_UNIT.match(text, end)
        if usable and not _is_other(text, start) and not _is_phone(match[1]):
            yield Found(start, end, "number")


def _cued_numbers(text: str) -> Iterator[Found]:
    for match in forms.NUMBER.finditer(text):
        start, end = match.span(1)
        if not _is_other(text, start) and sum(map(str.isalnum, match[1])) >= 3:
            yield Found(start, end, "number")
    for match in forms.CODE.finditer(text):
        if forms.DIGIT.search(match[1]):
            yield Found(*match.span(1), "number")


def _is_other(text: str, start: int) -> bool:
    return bool(forms.DATE.match(text, start) or forms.NO_PREFIX.match(text, start))


def _is_phone(value: str) -> bool:
    return value.startswith("0") and bool(forms.PHONE.fullmatch(value)) and sum(map(str.isdigit, value)) >= 9


def _phones(text: str, lower: str) -> Iterator[Found]:
    for match in forms.PHONE.finditer(text):
        value = match.group()
        digits = "".join(filter(str.isdigit, value))
        open_end = value.startswith("(") and ")" not in value
        if len(digits) < 7 or (len(digits) < 8 and not value.startswith("0")) or forms.DATE.match(value, int(open_end)):
            continue
        yield Found(match.start() + open_end, match.end(), "" if forms.SERVICE_LINE.match(digits) else "phone")
    if _any(forms.LOCAL_CUES, lower):
        yield from (Found(*match.span(1), "phone") for match in forms.LOCAL.finditer(text))


def _spoken(text: str, lower: str) -> Iterator[Found]:
    return (Found(match.start(), match.end(), "phone") for match in forms.SPOKEN.finditer(text))


def _addresses(text: str, lower: str) -> Iterator[Found]:
    if forms.HOUSE_NEAR.search(lower):
        yield from _named_streets(text, lower)
    if _any(forms.STREET_CUES, lower) and forms.STREET_NEAR.search(lower):
        for pattern in (forms.STREET, forms.SQUARE, forms.BOX):
            yield from (Found(match.start(), match.end(), "address") for match in pattern.finditer(text))
    if forms.FIVE.search(text):
        yield from (Found(match.start(), match.end(), "address") for match in forms.POST.finditer(text))


def _named_streets(text: str, lower: str) -> Iterator[Found]:
    # Where the last town stands says of any place whether one follows, and is found once.
    last_town = max((match.start() for match in forms.POST.finditer(text)), default=-1)
    if last_town < 0 and not _any(forms.AT_HOME, lower):
        return
    for match in forms.NAMED_STREET.finditer(text):
        words = set(re.findall(r"[^\W\d_]+", match[1].lower())) - forms.OF_STREETS
        no_name = any(lexicon().get(word, Is.NOTHING) & Is.NO_NAME for word in words)
        around = lower[max(0, match.start() - 60) : match.end() + 60]
        town = last_town >= max(0, match.start() - 40)
        if not no_name and (match[2] or town or _any(forms.AT_HOME, around)):
            yield Found(match.start(), match.end(), "address")


def _plates(text: str, lower: str) -> Iterator[Found]:
    districts = plate_districts()
    for match in forms.PLATE.finditer(text) if "-" in text else ():
        if match[1] in districts:
            yield Found(match.start(), match.end(), "plate")
    if not _any(forms.VEHICLE_CUES, lower):
        return
    for pattern in (forms.PLATE_NEAR, forms.PLATE_ABROAD):
        for match in pattern.finditer(text):
            around = lower[max(0, match.start() - 40) : match.end() + 30]
            known = pattern is forms.PLATE_ABROAD or match[1].upper() in districts
            cues = forms.VEHICLE_CUES[: 2 if match.group().islower() else None]
            if known and _any(cues, around):
                yield Found(match.start(), match.end(), "plate")


def _handles(text: str, lower: str) -> Iterator[Found]:
    for match in forms.HANDLE.finditer(text):
        if not lexicon().get(match.group()[1:].lower(), Is.NOTHING) & Is.NO_NAME:
            yield Found(match.start(), match.end(), "handle")
    if "_" in text:
        yield from (Found(match.start(), match.end(), "handle") for match in forms.UNDERSCORE.finditer(text))
    for match in forms.ACCOUNT.finditer(text) if _any(forms.ACCOUNT_CUES, lower) else ():
        if forms.ODD.search(match[1]) or forms.NAMED_ACCOUNT.match(match.group()):
            yield Found(*match.span(1), "handle")


def _lone(text: str, lower: str) -> Iterator[Found]:
    for match in forms.LONE.finditer(text):
        if not match.group().endswith("0000"):
            yield Found(match.start(), match.end(), "number")


_Finder = Callable[[str, str], Iterator[Found]]
