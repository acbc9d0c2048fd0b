"""Which spider collects which kind of source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kundenecho.errors import SettingsError

if TYPE_CHECKING:
    from spiders.engine import SourceSpider


def spider_class(kind: str) -> type[SourceSpider]:
    """The spider of a kind.

    Raises:
        SettingsError: The kind has no spider.
    """
    from spiders.provenexpert_pages import ProvenExpertSpider
    from spiders.shop_pages import ShopPagesSpider

    spiders: dict[str, type[SourceSpider]] = {"schemaorg": ShopPagesSpider, "provenexpert": ProvenExpertSpider}
    if kind not in spiders:
        raise SettingsError(f"no spider collects sources of kind {kind!r}", remedy=f"Known: {', '.join(spiders)}, file")
    return spiders[kind]
