"""PostgreSQL: migrations, loading, aggregates and queries in SQL, views and roles."""

from __future__ import annotations
