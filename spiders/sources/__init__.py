"""One spider for each kind of source, each beside its card in ``spiders/cards``."""

from __future__ import annotations
