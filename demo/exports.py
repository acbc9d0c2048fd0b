"""The demo company's export files: its survey, and its own lists of customers, orders, consents and contacts."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from demo.company import PRODUCTS, Company, Person

QUESTION_NPS: Final = "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen? (0-10)"
_SEED = 310
_SHARE_OF_CUSTOMERS, _SHARE_OF_CONSENTS, _SHARE_WITHDRAWN = 0.7, 0.4, 0.1
_WORDING_PHONE = "Ja, Hallmeyer Kaffeetechnik darf mich zu meinen Geräten anrufen."
_WORDING_PUBLIC = (
    "Ja, diese Worte dürfen mit meinem Vornamen und Ort auf der Website von Hallmeyer Kaffeetechnik stehen."
)
_WORDING = "Ja, Hallmeyer Kaffeetechnik darf mich per E-Mail zu meinen Geräten informieren."


def write_survey(of: Company, folder: Path, moment: datetime | None = None) -> Path:
    """Write the survey's export as German survey tools do: cp1252, semicolons, German headers.

    Args:
        of: The company.
        folder: Directory to write to.
        moment: Only answers until then.

    Returns:
        The file.
    """
    header = ["Antwort-ID", "Datum", "E-Mail", "Kundennummer", "Produkt", QUESTION_NPS, "Schulnote gesamt (1-6)",
              "Was gefällt Ihnen?", "Was sollen wir besser machen?"]  # fmt: skip
    rows = []
    for voice, shown in of.on("survey", moment):
        person = of.persons.get(voice.person or "")
        answers = shown.get("answers") or {}
        rows.append(
            [voice.id, voice.date.strftime("%d.%m.%Y %H:%M"), person.email if person else "",
             person.customer_no if person else "", voice.product or "", shown.get("nps", ""), shown.get("grade", ""),
             answers.get("gut") or "", answers.get("besser") or ""]
        )  # fmt: skip
    file = folder / "umfrage.csv"
    with file.open("w", encoding="cp1252", errors="replace", newline="") as out:
        csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([header, *rows])
    return file


def write_lists(of: Company, folder: Path) -> list[Path]:
    """Write the company's own lists; the same persons give the same lists.

    Returns:
        customers.csv, orders.csv, consents.csv, contacts.csv, unsubscribes.csv, sales.csv and testimonials.csv.
    """
    chance = random.Random(_SEED)  # noqa: S311  a repeatable draw, no secret
    customers = [p for p in of.persons.values() if chance.random() < _SHARE_OF_CUSTOMERS]
    bought: dict[str, set[str]] = {}
    for voice in of.voices:
        if voice.person and voice.product in PRODUCTS:
            bought.setdefault(voice.person, set()).add(voice.product)
    orders = list(_orders(of, customers, bought, chance))
    consents, contacts = list(_consents(customers, chance)), list(_contacts(customers, chance))
    # Draws of its own, so that what was drawn before stays as it is.
    more = random.Random(_SEED + 1)  # noqa: S311  a repeatable draw, no secret
    phones = {p.customer_no: f"0561 {more.randint(1_000_000, 9_999_999)}" for p in customers}
    addresses = {p.customer_no: p.email for p in customers}
    consents += _more_consents(customers, more)
    return [
        _write(folder / "customers.csv", ("customer_no", "name", "email", "city", "country", "phone"),
               [(p.customer_no, p.name, p.email, p.city, p.country, phones[p.customer_no]) for p in customers]),
        _write(folder / "orders.csv", ("order_no", "customer_no", "product", "ordered_on", "amount_eur", "email"),
               [(*row, addresses[row[1]]) for row in orders]),
        _write(folder / "consents.csv",
               ("customer_no", "channel", "given_at", "confirmed_at", "withdrawn_at", "wording", "proof"),
               [(*row, f"DOI-Protokoll {n}") for n, row in enumerate(consents, 1)]),
        _write(folder / "contacts.csv", ("customer_no", "channel", "contacted_on", "occasion"), contacts),
        _write(folder / "unsubscribes.csv", ("customer_no", "channel", "unsubscribed_at", "reason"),
               _unsubscribes(customers, more)),
        _write(folder / "sales.csv", ("product", "month", "units"), _sales()),
        _write(folder / "testimonials.csv",
               ("customer_no", "product", "text", "shown_as", "given_at", "withdrawn_at", "wording", "proof",
                "compensation"),
               _testimonials(customers, orders)),
    ]  # fmt: skip


def _orders(
    of: Company, customers: Sequence[Person], bought: dict[str, set[str]], chance: random.Random
) -> Iterable[tuple[Any, ...]]:
    prices = {"HM-310": 649.0, "HM-120": 89.9, "HM-450": 329.0}
    first = {v.person: v.date for v in reversed(of.voices) if v.person}
    number = 40000
    for person in customers:
        said = first.get(person.id) or of.voices[-1].date
        for product in sorted(bought.get(person.id) or {chance.choice(list(PRODUCTS))}):
            number += chance.randint(1, 9)
            day = said - timedelta(days=chance.randint(10, 200))
            yield f"HB-{number}", person.customer_no, product, day.date().isoformat(), f"{prices[product]:.2f}"


def _consents(customers: Sequence[Person], chance: random.Random) -> Iterable[tuple[Any, ...]]:
    for person in customers:
        if chance.random() < _SHARE_OF_CONSENTS:
            given = datetime(2025, 6, 1, 10) + timedelta(minutes=chance.randint(0, 600_000))  # noqa: DTZ001  written as local time
            withdrawn = given + timedelta(days=200) if chance.random() < _SHARE_WITHDRAWN else None
            confirmed = given + timedelta(minutes=chance.randint(1, 90))
            yield (person.customer_no, "email", f"{given:%Y-%m-%d %H:%M}", f"{confirmed:%Y-%m-%d %H:%M}",
                   f"{withdrawn:%Y-%m-%d %H:%M}" if withdrawn else "", _WORDING)  # fmt: skip


def _more_consents(customers: Sequence[Person], chance: random.Random) -> Iterable[tuple[Any, ...]]:
    """Consents to the telephone, and two that do not hold: one never confirmed, one from next year on."""
    for person in customers:
        if chance.random() < 0.1:
            given = datetime(2025, 9, 1, 11) + timedelta(minutes=chance.randint(0, 400_000))  # noqa: DTZ001
            yield person.customer_no, "phone", f"{given:%Y-%m-%d %H:%M}", "", "", _WORDING_PHONE
    without = [p for p in customers if p.country == "DE"][-2:]
    days = (("2026-02-03 09:00", ""), ("2099-01-01 00:00", "2099-01-01 00:05"))
    for person, (asked, confirmed) in zip(without, days, strict=False):
        yield person.customer_no, "sms", asked, confirmed, "", _WORDING


def _unsubscribes(customers: Sequence[Person], chance: random.Random) -> Iterable[tuple[Any, ...]]:
    # A company so small that the draw hits nobody has one all the same: an empty list is refused.
    for person in [p for p in customers if chance.random() < 0.06] or customers[-1:]:
        day = datetime(2026, 2, 1, 8) + timedelta(minutes=chance.randint(0, 400_000))  # noqa: DTZ001
        yield person.customer_no, chance.choice(["email", "alle"]), f"{day:%Y-%m-%d %H:%M}", "zu häufig"


def _contacts(customers: Sequence[Person], chance: random.Random) -> Iterable[tuple[Any, ...]]:
    for person in customers:
        if chance.random() < 0.25:
            day = datetime(2026, 1, 1) + timedelta(days=chance.randint(0, 300))  # noqa: DTZ001
            occasion = chance.choice(["Newsletter", "Rückruf", "Ersatzteil", "Garantie"])
            yield person.customer_no, chance.choice(["email", "telefon"]), day.date().isoformat(), occasion


def _testimonials(customers: Sequence[Person], orders: Sequence[Sequence[Any]]) -> Iterable[tuple[Any, ...]]:
    """Two that may be published, one of them for a pack of coffee; one withdrawn, and one without a proof."""
    buyers = {row[1] for row in orders if row[2] == "HM-310"}
    asked = ([p for p in customers if p.customer_no in buyers] + list(customers))[:4]
    said = (
        ("HM-310", "Jeden Morgen vier Tassen, und der Milchschaum ist noch wie am ersten Tag.", "",
         "Brief vom 04.05.2026", ""),
        ("", "Der Werkskundendienst hat mir am Telefon geholfen, ich musste nichts einschicken.", "",
         "E-Mail vom 11.06.2026", "500 g Kaffee"),
        ("HM-310", "Leise ist sie nicht, aber der Kaffee ist besser als im Café.", "2026-08-01 09:00",
         "Brief vom 02.03.2026", ""),
        ("HM-310", "Die beste Maschine, die wir je hatten.", "", "", ""),
    )  # fmt: skip
    for number, (person, (product, text, withdrawn, proof, got)) in enumerate(zip(asked, said, strict=False), 2):
        first, *rest = person.name.split()
        shown = f"{first} {rest[-1][0]}., {person.city}" if rest else first
        yield (
            person.customer_no,
            product,
            text,
            shown,
            f"2026-0{number}-01 10:00",
            withdrawn,
            _WORDING_PUBLIC,
            proof,
            got,
        )


def _sales() -> Iterable[tuple[Any, ...]]:
    base = {"HM-310": 420, "HM-120": 650, "HM-450": 210}
    for month in range(14):
        year, number = divmod(8 + month, 12)
        season = 1.6 if number in {10, 11} else 1.0
        for product, units in base.items():
            yield product, f"{2025 + year}-{number + 1:02d}", round(units * season)


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return file
