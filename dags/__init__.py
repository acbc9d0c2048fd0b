"""When each step runs. The DAG files hold no SQL, no spaCy, no Scrapy: they call ``pipeline``."""

from __future__ import annotations
