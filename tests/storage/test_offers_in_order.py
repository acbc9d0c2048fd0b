"""What the list of offers asks first is never stricter than what it asks at last."""

from __future__ import annotations

from storage.connect import Connection
from storage.contact import ContactLimits, set_limits
from tests.conftest import rows
from tests.storage.test_contact import BUYERS, CASES, Bring, ago, bring, of_customer, person  # noqa: F401  the same facts

_STRICTER = (
    "SELECT customer_key, reason_code FROM contact_answer WHERE allowed"
    " AND customer_key NOT IN (SELECT customer_key FROM customer_with_basis)"
)


def test_whoever_may_be_contacted_has_a_basis(conn: Connection, bring: Bring) -> None:  # noqa: F811
    """All customers of the tests of contactability, under all limits."""
    facts = [(country, found) for found, _, country, _ in CASES.values()]
    facts += [(country, [bought]) for _, country, bought, _ in BUYERS]
    bring(*(of_customer(row, n) for n, (country, found) in enumerate(facts)
            for row in (person(country=country), *found)))  # fmt: skip
    allowed = set()
    for limits in (
        *(values for values, _, _, _ in BUYERS),
        {"post_by_interest": True},
        {"post_by_interest": True, "notice_since": ago(100).date(), "notice_in_use": True},
    ):
        set_limits(conn, ContactLimits(**limits))
        assert rows(conn, _STRICTER) == []
        allowed |= {code for (code,) in rows(conn, "SELECT reason_code FROM contact_answer WHERE allowed")}
    assert allowed == {"confirmed_consent", "consent", "existing_customer", "interest"}
    # And it is a no for some, or it would spare nothing.
    set_limits(conn, ContactLimits())
    assert rows(
        conn,
        "SELECT count(*) > 0 FROM customer WHERE customer_key NOT IN (SELECT customer_key FROM customer_with_basis)",
    ) == [(True,)]
