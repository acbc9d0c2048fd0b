"""The company's own lists in the dialects that tools export: typed rows, and refused rows that quote nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from demo.company import company
from demo.exports import write_lists
from kundenecho.company_lists import LISTS, Consent, Contact, Customer, ListRow, Order, Sale, Unsubscribe
from kundenecho.company_lists import Testimonial as Words
from kundenecho.errors import DataError, SettingsError
from kundenecho.keying import Keyer
from spiders.files.company_lists import CompanyList, open_list
from spiders.files.list_contracts import CONTRACTS, folded, mapped
from spiders.output import Reject

ZONE = "Europe/Berlin"
EMAIL, NAME, PHONE = "Ina.Muster@Example.org", "Ina Müster", "0561 / 987 65 43"


def write(file: Path, text: str, encoding: str = "utf-8") -> Path:
    file.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    return file


def read(file: Path, kind: str, keyer: Keyer) -> tuple[list[Any], list[Reject]]:
    found = list(open_list(file, kind, keyer, ZONE))
    return [i for i in found if isinstance(i, ListRow)], [i for i in found if isinstance(i, Reject)]


def one(tmp_path: Path, keyer: Keyer, kind: str, header: str, row: str) -> Any:
    good, bad = read(write(tmp_path / "list.csv", f"{header}\n{row}\n"), kind, keyer)
    assert not bad, bad
    [found] = good
    return found


def reason(tmp_path: Path, keyer: Keyer, kind: str, header: str, row: str) -> str:
    good, bad = read(write(tmp_path / "list.csv", f"{header}\n{row}\n"), kind, keyer)
    assert not good
    [found] = bad
    assert (found.where, found.fragment) == ("list.csv:2", None)
    return found.reason


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_german_customers(encoding: str, tmp_path: Path, keyer: Keyer) -> None:
    text = (
        "Kunden-Nr.;E-Mail-Adresse;Vorname;Nachname;Telefon;PLZ;Ort;Land;Sprache;Umsatz (EUR);Kunde seit\n"
        f"K-1;{EMAIL};Ina;Müster;{PHONE};01067;Dresden;Deutschland;Deutsch;1.249,80 €;14.02.2021\n"
        "K-2;;;;;;Zürich;Schweiz;;-;März 2022\n"
    )
    good, bad = read(write(tmp_path / "kunden.csv", text, encoding), "customers", keyer)
    assert not bad
    assert good == [
        Customer(
            customer_key=str(keyer.customer("k1")), email_key=keyer.email(EMAIL), phone_key=keyer.phone("+495619876543"),
            name=NAME, email=EMAIL, phone=PHONE, city="Dresden", postcode="01067", country="DE", segment=None,
            language="de", value_eur=Decimal("1249.80"), customer_since=date(2021, 2, 14),
        ),
        Customer(
            customer_key=str(keyer.customer("K-2")), email_key=None, phone_key=None, name=None, email=None, phone=None,
            city="Zürich", postcode=None, country="CH", segment=None, language=None, value_eur=None,
            customer_since=date(2022, 3, 1),
        ),
    ]  # fmt: skip


def test_orders(tmp_path: Path, keyer: Keyer) -> None:
    header = "Bestellnummer;Kundennummer;E-Mail;Artikelnummer;Menge;Bestelldatum;Betrag;Kanal;Status"
    order = one(tmp_path, keyer, "orders", header, f"HB-4;K-1;{EMAIL};HM-310;2;24.03.2026 23:30;1.298,00;Shop;bezahlt")
    assert order == Order(
        order_key=str(keyer.order("hb4")), customer_key=keyer.customer("K1"), email_key=keyer.email(EMAIL),
        product="HM-310", quantity=2, ordered_on=date(2026, 3, 24), amount_eur=Decimal("1298.00"), channel="Shop",
        state="bezahlt",
    )  # fmt: skip
    guest = one(tmp_path, keyer, "orders", "order_no,product,ordered_on", "1,HM-310,2026-03-24")
    assert (guest.quantity, guest.customer_key, guest.email_key) == (1, None, None)


def test_consents(tmp_path: Path, keyer: Keyer) -> None:
    header = "E-Mail;Kanal;Einwilligung erteilt am;bestätigt am;widerrufen am;Wortlaut;Nachweis;Quelle"
    row = f"{EMAIL};E-Mail;24.03.2026 18:30;24.03.2026 18:41;01.04.2026;Ja, gern.;Formular von {EMAIL};{EMAIL}"
    consent = one(tmp_path, keyer, "consents", header, row)
    key = keyer.email(EMAIL)
    assert consent == Consent(
        customer_key=None, email_key=key, channel="email", given_at=datetime(2026, 3, 24, 17, 30, tzinfo=UTC),
        confirmed_at=datetime(2026, 3, 24, 17, 41, tzinfo=UTC), withdrawn_at=datetime(2026, 4, 1, 12, tzinfo=UTC),
        wording="Ja, gern.", proof=f"Formular von {key}", source_ref=keyer.key("source_ref", EMAIL),
    )  # fmt: skip
    assert consent.subject_key == key


def test_contacts(tmp_path: Path, keyer: Keyer) -> None:
    header = "Kundennummer;Kanal;Kontakt am;Anlass;Ergebnis"
    contact = one(tmp_path, keyer, "contacts", header, f"K-1;telefonisch;02.04.2026;Rückruf;unter {PHONE} erreicht")
    outcome = f"unter {keyer.phone(PHONE)} erreicht"
    assert contact == Contact(keyer.customer("K-1"), None, "phone", date(2026, 4, 2), "Rückruf", outcome)
    fair = one(tmp_path, keyer, "contacts", header, "K-1;Messe;02.04.2026;;")
    assert (fair.channel, fair.occasion) == ("other", "")


@pytest.mark.parametrize("month", ["2026-03", "03/2026", "03.2026", "März 2026", "2026-03-17", "17.03.2026"])
def test_sales(month: str, tmp_path: Path, keyer: Keyer) -> None:
    sale = one(tmp_path, keyer, "sales", "Artikel;Monat;Stückzahl;Land", f"HM-310;{month};1.234.567;AT")
    assert sale == Sale("HM-310", date(2026, 3, 1), 1_234_567, "AT", "")


@pytest.mark.parametrize(("channel", "meant"), [("", "all"), ("alle", "all"), ("Brief", "post"), ("SMS", "sms")])
def test_unsubscribes(channel: str, meant: str, tmp_path: Path, keyer: Keyer) -> None:
    found = one(
        tmp_path, keyer, "unsubscribes", "E-Mail;Kanal;abgemeldet am", f"mailto:{EMAIL};{channel};05.05.2026 09:12"
    )
    at = datetime(2026, 5, 5, 7, 12, tzinfo=UTC)
    assert found == Unsubscribe(None, keyer.email(EMAIL), meant, at, None)


def test_testimonials(tmp_path: Path, keyer: Keyer) -> None:
    found = one(
        tmp_path, keyer, "testimonials", "Kundennummer;Artikel;Zitat;Anzeigename;Einwilligung vom;Wortlaut;Nachweis",
        "K-1;;Läuft seit 2019, gern wieder.;Ina M.;05.05.2026;Ja, auf die Website.;Brief",
    )  # fmt: skip
    assert found == Words(
        keyer.customer("K-1"), None, "", "Läuft seit 2019, gern wieder.", "Ina M.",
        datetime(2026, 5, 5, 12, tzinfo=UTC), None, "Ja, auf die Website.", "Brief", None, None,
    )  # fmt: skip


def test_workbook(tmp_path: Path, keyer: Keyer) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Kundennummer", "Name", "E-Mail", "PLZ", "Umsatz", "Kunde seit"])
    sheet.append([10023.0, NAME, EMAIL, 1067, 649.5, date(2021, 2, 14)])
    book.save(tmp_path / "kunden.xlsx")
    [customer], bad = read(tmp_path / "kunden.xlsx", "customers", keyer)
    assert not bad
    assert (customer.customer_key, customer.postcode) == (keyer.customer("10023"), "01067")
    assert (customer.value_eur, customer.customer_since) == (Decimal("649.50"), date(2021, 2, 14))


def test_the_lists_of_the_demo_company(tmp_path: Path, keyer: Keyer) -> None:
    for file in write_lists(company(), tmp_path):
        good, bad = read(file, file.stem, keyer)
        assert len(good) > (3 if file.stem == "testimonials" else 20)
        assert not bad
        assert not open_list(file, file.stem, keyer, ZONE).unknown


CUSTOMERS = "customer_no;email;phone;country;value_eur;customer_since"
WORDS = "customer_no;text;given_at;shown_as"
CONSENTS = "customer_no;email;channel;given_at"


@pytest.mark.parametrize(
    ("kind", "header", "row", "why"),
    [
        ("customers", CUSTOMERS, ";;;;;", ""),
        ("customers", CUSTOMERS, f";{EMAIL};;;;", "customer_no is empty"),
        ("customers", CUSTOMERS, "---;;0561;;;", "customer_no holds nothing that could be keyed"),
        ("customers", CUSTOMERS, f"K-1;{NAME};;;;", "email is no e-mail address"),
        ("customers", CUSTOMERS, f"K-1;a@example.org, {EMAIL};;;;", "email is no e-mail address"),
        ("customers", CUSTOMERS, f"K-1;;{NAME};;;", "phone holds nothing that could be keyed"),
        ("customers", CUSTOMERS, f"K-1;;;{NAME};;", "country is no country code of two letters"),
        ("customers", CUSTOMERS, f"K-1;;;;{PHONE};", "value_eur is no number"),
        (
            "customers",
            CUSTOMERS,
            "K-1;;;;1.249;",
            "value_eur can be read as thousands or as decimals; write it without a separator",
        ),
        ("customers", CUSTOMERS, "K-1;;;;9999999999999;", "value_eur is too large"),
        ("customers", CUSTOMERS, f"K-1;;;;;{PHONE}", "customer_since is no date"),
        ("orders", "order_no;product;ordered_on;quantity", "1;HM;31.02.2026;", "ordered_on is no date"),
        ("orders", "order_no;product;ordered_on;quantity", "1;HM;03/2026;", "ordered_on is no day"),
        ("orders", "order_no;product;ordered_on;quantity", "1;HM;2026-03-01;1,5", "quantity is no whole number"),
        ("orders", "order_no;product;ordered_on", f"1;{'x' * 201};2026-03-01", "product has more than 200 characters"),
        ("orders", "order_no;product;ordered_on", f"1;{EMAIL};2026-03-01", "product is an e-mail address"),
        (
            "testimonials",
            WORDS,
            f"K-1;Schreibt mir: {EMAIL};2026-03-01;",
            "text holds an e-mail address or a telephone number",
        ),
        (
            "testimonials",
            WORDS,
            f"K-1;Gut.;2026-03-01;{PHONE}",
            "shown_as holds an e-mail address or a telephone number",
        ),
        ("testimonials", WORDS, "K-1;;2026-03-01;", "text is empty"),
        ("testimonials", WORDS, f"K-1;{'x' * 2001};2026-03-01;", "text has more than 2000 characters"),
        ("consents", CONSENTS, ";;email;2026-03-01", "customer_no and email are both empty"),
        ("consents", CONSENTS, f"K-1;;{NAME};2026-03-01", "channel is none of email, phone, post, sms"),
        ("consents", CONSENTS, "K-1;;email;", "given_at is empty"),
        ("consents", CONSENTS, "K-1;;email;2026-03", "given_at is no day"),
        ("sales", "product;month;units", "HM;2026-03;zwölf", "units is no number"),
        ("unsubscribes", "email;unsubscribed_at", f"{EMAIL};ja", "unsubscribed_at is no date"),
        ("sales", "product;month;units", "HM;2026-03", "the row has 2 cells, the header 3"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(
    kind: str, header: str, row: str, why: str, tmp_path: Path, keyer: Keyer
) -> None:
    if not why:
        with pytest.raises(DataError, match="no rows"):
            open_list(write(tmp_path / "list.csv", f"{header}\n{row}\n"), kind, keyer, ZONE)
        return
    assert reason(tmp_path, keyer, kind, header, row) == why


def test_one_bad_row_does_not_spoil_its_neighbours(tmp_path: Path, keyer: Keyer) -> None:
    text = "product;month;units\nHM;2026-03;1\nHM;kaputt;1\nHM;2026-04;1;zu viel\n\nHM;2026-05;3\n"
    good, bad = read(write(tmp_path / "sales.csv", text), "sales", keyer)
    assert [row.units for row in good] == [1, 3]
    assert [row.where for row in bad] == ["sales.csv:3", "sales.csv:4"]


def test_a_missing_column_is_named_with_those_of_the_file(tmp_path: Path, keyer: Keyer) -> None:
    file = write(tmp_path / "bestellungen.csv", "Bestellnummer;Artikel;Größe\n1;HM;M\n")
    with pytest.raises(SettingsError) as caught:
        open_list(file, "orders", keyer, ZONE)
    assert "ordered_on" in caught.value.what
    assert "Bestellnummer, Artikel, Größe" in caught.value.remedy
    file = write(tmp_path / "einwilligungen.csv", "Kanal;Einwilligung erteilt am\nPost;2026-01-01\n")
    with pytest.raises(SettingsError, match="customer_no or email"):
        open_list(file, "consents", keyer, ZONE)


def test_a_file_without_a_header_is_not_quoted(tmp_path: Path, keyer: Keyer) -> None:
    file = write(tmp_path / "kunden.csv", f"K-1;{EMAIL};{NAME}\nK-2;b@example.org;Bo\n")
    with pytest.raises(SettingsError) as caught:
        open_list(file, "customers", keyer, ZONE)
    assert not any(secret in str(caught.value) for secret in ("K-1", EMAIL, NAME))
    file = write(tmp_path / "kunden.csv", f"Kunde von {EMAIL};Kunde seit\nK-2;2020-01-01\n")
    with pytest.raises(SettingsError) as caught:
        open_list(file, "customers", keyer, ZONE)
    assert EMAIL not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("weg.csv", None, DataError),
        ("leer.csv", b"", DataError),
        ("kopf.csv", b"product;month;units\n", DataError),
        ("kaputt.xlsx", b"PK\x03\x04", DataError),
        ("liste.jsonl", b"{}\n", SettingsError),
        ("liste.pdf", b"%PDF", SettingsError),
    ],
)
def test_what_is_no_list(
    name: str, content: bytes | None, error: type[Exception], tmp_path: Path, keyer: Keyer
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=name):
        open_list(tmp_path / name, "sales", keyer, ZONE)


def test_unknown_columns_and_what_a_file_does_not_say(tmp_path: Path, keyer: Keyer) -> None:
    found = open_list(
        write(tmp_path / "c.csv", "Kundennummer;Kundengruppe;Farbe;Mail\nK-1;A;rot;\n"), "customers", keyer, ZONE
    )
    assert isinstance(found, CompanyList)
    assert found.unknown == ["Farbe"]
    assert found.unsaid == {"phone_key", "name", "phone", "city", "postcode", "country", "language", "value_eur",
                            "customer_since"}  # fmt: skip


def test_headers_mean_one_column_each() -> None:
    assert CONTRACTS.keys() == LISTS.keys()
    for contract in CONTRACTS.values():
        meanings: dict[str, str] = {}
        for column in contract.columns:
            for header in (column.name, *column.headers):
                assert meanings.setdefault(folded(header), column.name) == column.name
                assert mapped(contract, header.split(" + "))[column.name] == tuple(header.split(" + "))


def test_of_two_headers_the_likelier_counts() -> None:
    assert mapped(CONTRACTS["orders"], ["Datum", "Bestell-Datum", "STUECKZAHL"]) == {
        "ordered_on": ("Bestell-Datum",),
        "quantity": ("STUECKZAHL",),
    }


def test_a_row_takes_keyed_identifiers_only(keyer: Keyer) -> None:
    with pytest.raises(DataError, match="email_key is not keyed") as caught:
        Unsubscribe(None, EMAIL, "all", datetime(2026, 1, 1, tzinfo=UTC), None)
    assert EMAIL not in str(caught.value)
