"""Which spider collects which kind of source: the class ``Spider`` of ``spiders/sources/<kind>.py``."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from kundenecho.errors import SettingsError

if TYPE_CHECKING:
    from spiders.engine import SourceSpider


def spider_class(kind: str) -> type[SourceSpider]:
    """The spider of a kind.

    Raises:
        SettingsError: The kind has no spider.
    """
    name = f"spiders.sources.{kind}"
    if not kind.isidentifier() or find_spec(name) is None:
        raise SettingsError(f"no spider collects sources of kind {kind!r}", remedy="Kinds of files are imported")
    found: type[SourceSpider] = import_module(name).Spider
    return found
