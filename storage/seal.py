"""What a seal stands on: ratings by source and confirmation of the purchase, and words that may be published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

#: What a seal about the company is about, in the view ``seal_rating``.
COMPANY = ""


class RatingRow(NamedTuple):
    """Ratings of one account, one answer about the purchase, and one outcome.

    Attributes:
        source: Name of the source.
        account: Account of the source; empty for the only one.
        verified_purchase: yes | no | unknown, as the source says.
        outcome: counted; or why not: again | incentivised | hidden | undated.
        ratings: How many.
        star_only: Of these, stars without a text.
        unassessed: Of these, texts that the active lineage has not read: nobody knows whether they were paid for.
        total: Sum of the ratings, each 1 to 5.
        squares: Sum of their squares.
        stars: How many of each number of stars, 1 to 5; halves go to the lower one.
        newest: Day of the newest; None without dates.
    """

    source: str
    account: str
    verified_purchase: str
    outcome: str
    ratings: int
    star_only: int
    unassessed: int
    total: Decimal
    squares: Decimal
    stars: list[int]
    newest: date | None


class TestimonialRow(NamedTuple):
    """Words with the consent to publish them; see ``lists.testimonials``.

    Attributes:
        subject_key: Whose they are, keyed.
        text: The words, as consented.
        shown_as: Name under which they may stand; None for none.
        given_at: When the consent was given.
        compensation: What the customer got for it; None for nothing.
        bought: Whether the lists of orders know a purchase.
        answer: published; or why not: withdrawn | objected | in_future | no_wording | no_proof.
    """

    subject_key: str
    text: str
    shown_as: str | None
    given_at: datetime
    compensation: str | None
    bought: bool
    answer: str


def seal_ratings(
    conn: Connection, about: str, first: date, last: date, sources: Sequence[str] | None = None
) -> list[RatingRow]:
    """Count the ratings of a period.

    Args:
        conn: Connection of the pipeline.
        about: A product; :data:`COMPANY` for the company.
        first: First day of the period, in UTC.
        last: Its last day. Of a date that is known to the month only the first of the month must lie within.
        sources: Only these; None for all.

    Returns:
        The rows, by source; undated ratings are among them, since nobody knows which period they belong to.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            _RATINGS, {"about": about, "first": first, "last": last, "sources": list(sources) if sources else None}
        )
        return [RatingRow._make(row) for row in cursor]


# Half a star less than the limit of a class is its lower end, so that 4.5 stars are four.
_RATINGS = """
SELECT source, account, verified_purchase, outcome, count(*)::int, (count(*) FILTER (WHERE star_only))::int,
       (count(*) FILTER (WHERE NOT assessed))::int, sum(rating::numeric), sum(rating::numeric ^ 2),
       ARRAY(SELECT (count(*) FILTER (WHERE ceil(x.rating - 0.5) = class))::int
             FROM unnest(array_agg(s.rating)) AS x (rating) CROSS JOIN generate_series(1, 5) AS class
             GROUP BY class ORDER BY class), max(said_on)
FROM (
    SELECT t.*, coalesce(t.left_out, CASE WHEN row_number() OVER (PARTITION BY t.left_out, t.voice
                                                                  ORDER BY t.said_at DESC, t.rating, t.feedback_id) = 1
                                          THEN 'counted' ELSE 'again' END) AS outcome
    FROM seal_rating t
    WHERE t.about = %(about)s AND (%(sources)s::text[] IS NULL OR t.source = ANY(%(sources)s))
      AND (t.said_on IS NULL OR t.said_on BETWEEN %(first)s AND %(last)s)
) s
GROUP BY source, account, verified_purchase, outcome
ORDER BY source, account, verified_purchase, outcome
"""


def rated_products(conn: Connection) -> list[tuple[str, str]]:
    """Products that were reviewed, with their names, those of the most reviews first."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT p.product, p.name FROM product p JOIN feedback f USING (product) WHERE f.kind = 'review'"
            " GROUP BY 1, 2 ORDER BY count(*) DESC, 1"
        )
        return [(row[0], row[1]) for row in cursor]


def list_testimonials(conn: Connection, about: str) -> list[TestimonialRow]:
    """Words about a product or, for :data:`COMPANY`, about the company; the newest consent first."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT subject_key, text, shown_as, given_at, compensation, bought, answer FROM testimonial_answer"
            " WHERE product = %s ORDER BY given_at DESC, subject_key",
            (about,),
        )
        return [TestimonialRow._make(row) for row in cursor]
