"""What a seal costs: the product of the most reviews, a middling one, the company, and the view of all.

``python benchmarks/seal.py [--feedback N]``; the rows are generated in the database.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from population import generated

from storage.connect import Database
from storage.seal import COMPANY, rated_products, seal_ratings


def main() -> None:
    """Print how long each takes, warm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feedback", type=int, default=300_000)
    count = parser.parse_args().feedback
    with generated(feedback=count, persons=count // 5) as url, Database(url).connect("benchmark") as conn:
        with conn.cursor() as cursor:
            cursor.execute("SELECT max(created_at)::date FROM feedback WHERE created_at < now()")
            [(last,)] = cursor.fetchall()
        began = time.perf_counter()
        products = [product for product, _ in rated_products(conn)]
        sys.stdout.write(f"{count:,} feedback; products listed {time.perf_counter() - began:.3f} s\n")
        for name, about in (("largest", products[0]), ("middle", products[len(products) // 2]), ("company", COMPANY)):
            times = []
            for _ in range(3):
                began = time.perf_counter()
                rows = seal_ratings(conn, about, last - timedelta(days=364), last)
                times.append(time.perf_counter() - began)
            ratings = sum(row.ratings for row in rows)
            sys.stdout.write(f"{name:8} {ratings:9,} ratings in the period {min(times):8.3f} s\n")
        began = time.perf_counter()
        with conn.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM lists.seal")
        sys.stdout.write(f"lists.seal as a whole {time.perf_counter() - began:.3f} s\n")


if __name__ == "__main__":
    main()
