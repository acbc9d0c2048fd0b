"""Importing the company's own lists as a step: recorded, judged, and quoting nobody."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from demo.company import Company
from demo.exports import write_lists
from kundenecho.errors import BusyError, DataError, SettingsError
from kundenecho.settings import Settings
from pipeline.company_lists import import_folder, import_list
from pipeline.decide import decide
from storage.connect import Connection, Database, named_lock
from tests.conftest import rows
from tests.pipeline.conftest import small_company

SECRETS = ("ina.muster", "Ina.Muster", "Ina Müster", "Müster", "9876543", "987 65 43", "K-10023", "K10023", "HB-40017")


@pytest.fixture
def company() -> Company:
    return small_company()


def counts(*, items: int, new: int = 0, revised: int = 0, unchanged: int = 0, rejected: int = 0) -> dict[str, int]:
    return {"items": items, "new": new, "revised": revised, "unchanged": unchanged, "rejected": rejected}


def write(file: Path, *lines: str, encoding: str = "utf-8") -> Path:
    file.write_text("\n".join(lines), encoding=encoding)
    return file


def everything(conn: Connection, *without: str) -> str:
    names = rows(
        conn,
        "SELECT relname FROM pg_class WHERE relnamespace = 'kundenecho'::regnamespace AND relkind = 'r'"
        " AND relname <> ALL(%s)",
        list(without),
    )
    return "\n".join(str(row) for (name,) in names for row in rows(conn, f"SELECT t::text FROM {name} t"))


def test_the_demo_lists_twice(settings: Settings, conn: Connection, company: Company, tmp_path: Path) -> None:
    files = write_lists(company, tmp_path)
    first = import_folder(settings, tmp_path)
    assert set(first) == {file.name for file in files}
    assert all(found["new"] == found["items"] > 0 and not found["rejected"] for found in first.values())
    before = everything(conn, "run")
    again = import_folder(settings, tmp_path)
    assert again == {name: counts(items=c["items"], unchanged=c["items"]) for name, c in first.items()}
    conn.rollback()
    assert everything(conn, "run") == before
    assert rows(conn, "SELECT step, source, outcome, count(*) FROM run GROUP BY 1, 2, 3 ORDER BY 2") == [
        ("import", kind, "done", 2)
        for kind in ("consents", "contacts", "customers", "orders", "sales", "testimonials", "unsubscribes")
    ]


def test_deciding_goes_on_with_products_that_nobody_spoke_of(
    settings: Settings, conn: Connection, tmp_path: Path
) -> None:
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO lineage (digest, description, state) VALUES ('d', '{}', 'active')")
    conn.commit()
    import_list(settings, "sales", write(tmp_path / "s.csv", "product;month;units", "unbekannt;2026-03;1"))
    assert decide(settings)["defects"] == 0
    assert rows(conn, "SELECT count(*) FROM dirty_key") == [(0,)]


def personal_lists(folder: Path) -> dict[str, Path]:
    person = "K-10023;Ina.Muster@Example.org"
    return {
        "customers": write(
            folder / "kunden.csv", "Kundennummer;E-Mail;Name;Telefon;Ort;Umsatz",
            *(f"K-{n};k{n}@example.org;N{n};;;1" for n in range(9)), f"{person};Ina Müster;0561 / 987 65 43;Kassel;9,90",
            "K-10023;Ina Müster;Ina.Muster@Example.org;;;", encoding="cp1252",
        ),
        "orders": write(
            folder / "bestellungen.csv", "Bestellnummer;Kundennummer;E-Mail;Artikel;Bestelldatum",
            *(f"HB-40017;{person};HM-{n};01.03.2026" for n in range(9)), f"HB-40017;{person};HM-1;Ina Müster",
        ),
        "consents": write(
            folder / "einwilligungen.csv", "Kundennummer;E-Mail;Kanal;erteilt am;Nachweis;Quelle",
            f"{person};E-Mail;01.03.2026;von Ina.Muster@Example.org, Tel. 0561 9876543;Ina.Muster@Example.org",
            *(f"{person};Brief;0{n}.03.2026;;" for n in range(1, 10)), f"{person};Ina Müster;01.03.2026;;",
        ),
        "contacts": write(
            folder / "kontakte.csv", "Kundennummer;E-Mail;Kontakt am;Anlass;Ergebnis",
            f"{person};01.03.2026;Mail an Ina.Muster@Example.org;unter 0561 9876543 erreicht",
        ),
        "unsubscribes": write(
            folder / "abmeldungen.csv", "Kundennummer;E-Mail;abgemeldet am;Grund",
            ";Ina.Muster@Example.org;01.03.2026;Ina.Muster@Example.org will nicht",
        ),
    }  # fmt: skip


def test_personal_data_stands_in_customer_only(
    settings: Settings, conn: Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for kind, file in personal_lists(tmp_path).items():
        found = import_list(settings, kind, file)
        assert found["new"] > 0
        assert found["rejected"] == (kind in {"customers", "orders", "consents"})
    held = everything(conn, "customer")
    assert not [secret for secret in SECRETS if secret in held or secret in caplog.text]
    assert rows(conn, "SELECT email, name, phone, city FROM customer WHERE name LIKE 'Ina%%'") == [
        ("Ina.Muster@Example.org", "Ina Müster", "0561 / 987 65 43", "Kassel")
    ]
    assert rows(conn, "SELECT source, place, reason, fragment FROM rejected ORDER BY 1") == [
        ("consents", "einwilligungen.csv:12", "channel is none of email, phone, post, sms", None),
        ("customers", "kunden.csv:12", "email is no e-mail address", None),
        ("orders", "bestellungen.csv:11", "ordered_on is no date", None),
    ]


@pytest.mark.parametrize(("good", "bad", "loaded"), [(8, 2, True), (7, 2, False), (0, 1, False)])
def test_a_file_of_bad_rows_is_refused(
    good: int, bad: int, loaded: bool, settings: Settings, conn: Connection, tmp_path: Path
) -> None:
    lines = [f"HM-{n};2026-03;1" for n in range(good)] + ["HM;Ina Müster;1"] * bad
    file = write(tmp_path / "sales.csv", "product;month;units", *lines)
    if loaded:
        assert import_list(settings, "sales", file) == counts(items=good, new=good, rejected=bad)
    else:
        with pytest.raises(DataError, match=rf"{bad} of {good + bad} rows .*month is no date \({bad}\)") as caught:
            import_list(settings, "sales", file)
        assert caught.value.where == f"sales.csv, first sales.csv:{good + 2}"
        assert rows(conn, "SELECT outcome, counts->'rejected' FROM run") == [("failed", bad)]
    assert rows(conn, "SELECT count(*) FROM sale") == [(good if loaded else 0,)]
    assert rows(conn, "SELECT count(*) FROM list_import") == [(int(loaded),)]
    assert rows(conn, "SELECT count(*) FROM rejected") == [(bad,)]


def test_what_is_odd_about_a_file_is_told(
    settings: Settings, conn: Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = write(tmp_path / "o.csv", "order_no;product;ordered_on;Farbe", "1;HM;2026-03-01;rot", "1;HM;2026-03-02;blau")
    assert import_list(settings, "orders", file) == counts(items=2, new=1)
    told = [
        "o.csv: the contract does not know 'Farbe'",
        "o.csv: 1 rows have the key of a later row, which counts instead",
    ]
    assert [r.message for r in caplog.records if r.levelno == logging.WARNING] == told
    [(note,)] = rows(conn, "SELECT note FROM run")
    assert all(text in note for text in told)


def test_a_missing_column_is_recorded(settings: Settings, conn: Connection, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        import_list(settings, "sales", write(tmp_path / "s.csv", "product;month", "HM;2026-03"))
    [(error,)] = rows(conn, "SELECT error FROM run")
    assert "needs the column units" in error
    assert "The file has: product, month" in error


def test_without_a_secret_nothing_is_read(
    settings: Settings, conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUNDENECHO_KEY_SECRET")
    with pytest.raises(SettingsError, match="keying secret"):
        import_list(settings, "sales", write(tmp_path / "s.csv", "product;month;units", "HM;2026-03;1"))
    assert rows(conn, "SELECT count(*) FROM run") == [(0,)]


def test_one_list_at_a_time(settings: Settings, db: Database, tmp_path: Path) -> None:
    file = write(tmp_path / "s.csv", "product;month;units", "HM;2026-03;1")
    with (
        db.connect("the other one") as other,
        named_lock(other, "import:lists"),
        pytest.raises(BusyError, match="the other one"),
    ):
        import_list(settings, "sales", file)


def test_progress(settings: Settings, tmp_path: Path) -> None:
    told: list[Any] = []
    file = write(tmp_path / "s.csv", "product;month;units", *(f"HM-{n};2026-03;1" for n in range(5001)))
    import_list(settings, "sales", file, progress=lambda *what: told.append(what))
    assert told == [("sales lesen", 5000, None), ("sales lesen", 5001, None)]
