"""What is odd in the company's own lists has a stated behaviour (docs/contact.md, docs/company-lists.md)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kundenecho.settings import Settings
from pipeline.company_lists import import_list
from pipeline.decide import decide
from pipeline.newsletter import newsletter
from storage.case_book import list_cases
from storage.connect import Connection
from tests.conftest import rows
from tests.pipeline.case_book import understood

NOW = datetime.now(UTC)
PROOF = "Ja, gern.;Protokoll 7"


@pytest.fixture
def brought(settings: Settings, tmp_path: Path) -> None:
    """Two customers, of whom nobody knows more than their addresses."""
    file = tmp_path / "customers.csv"
    file.write_text("customer_no;email;country\nK-1;ina@example.org;DE\nK-2;uwe@example.org;DE\n", encoding="utf-8")
    import_list(settings, "customers", file)


def written_to(settings: Settings, conn: Connection) -> list[str]:
    return [row["email"] for row in newsletter(settings, conn, channel="email", product=None, by="Jana", form="csv")]


@pytest.mark.usefixtures("brought")
def test_a_consent_file_with_a_future_date_allows_nothing_before_it(
    settings: Settings, conn: Connection, tmp_path: Path
) -> None:
    file = tmp_path / "consents.csv"
    past, future = (f"{NOW + timedelta(days=days):%Y-%m-%d}" for days in (-30, 30))
    file.write_text(
        "customer_no;channel;given_at;confirmed_at;wording;proof\n"
        f"K-1;email;{past};{past};{PROOF}\nK-2;email;{future};{future};{PROOF}\n",
        encoding="utf-8",
    )
    # The row is taken as it is: a list may say what holds from next month on.
    assert import_list(settings, "consents", file)["rejected"] == 0
    assert written_to(settings, conn) == ["ina@example.org"]
    assert rows(conn, "SELECT reason_code FROM contactable_customer WHERE channel = 'email' ORDER BY 1") == [
        ("confirmed_consent",),
        ("in_future",),
    ]


@pytest.mark.usefixtures("brought")
def test_an_order_without_a_customer_counts_as_a_buyer_of_its_own_and_leads_to_nobody(
    settings: Settings, conn: Connection, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    day = f"{NOW - timedelta(days=3):%Y-%m-%d}"
    file.write_text(
        f"order_no;customer_no;product;ordered_on;amount_eur\n1;K-1;HM-310;{day};99\n2;;HM-310;{day};99\n3;;HM-310;{day};99\n",
        encoding="utf-8",
    )
    assert import_list(settings, "orders", file)["new"] == 3
    understood(conn)
    decide(settings)
    assert rows(conn, "SELECT bought, bought_unit FROM product_bought WHERE product = 'HM-310'") == [(3, "orders")]
    # Only the one whom somebody knows is a buyer to be told of a remedy, a customer with a value, or welcomed.
    assert rows(conn, "SELECT count(*) FROM known_buyer") == [(1,)]
    value = "SELECT customers, orders, value_eur FROM lists.kpi_customer_value"
    assert rows(conn, f"{value} WHERE week IS NULL AND product IS NULL AND channel IS NULL") == [(1, 1, 99.0)]
    assert [case["kind"] for case in list_cases(conn)] == ["welcome"]
    assert written_to(settings, conn) == []
