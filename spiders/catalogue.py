"""What can be collected: the kinds of sources with their cards, for people and for the README."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from spiders.card import kinds

#: The order in which people look for them.
ORDER: Final = (
    "provenexpert", "google_business", "google_places", "schemaorg", "woocommerce", "shopware", "magento", "judgeme",
    "trustpilot", "trustpilot_public", "etrusted", "ekomi", "surveymonkey", "surveymonkey_export", "survio", "2ask",
    "limesurvey", "limesurvey_export", "youtube", "google_play", "app_store_connect", "app_store_rss", "referrals",
    "file",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One kind of source.

    Attributes:
        name: As ``kind`` of a source names it.
        title: Name for people.
        reads: What is read, in a few words.
        terms: Address or wording of the terms.
        credentials: Environment variables that it needs.
        unverified: What about it has not been tried against the live service.
    """

    name: str
    title: str
    reads: str
    terms: str
    credentials: tuple[str, ...]
    unverified: tuple[str, ...]


def catalogue() -> list[Kind]:
    """All kinds, in the order in which people look for them."""
    place = {name: number for number, name in enumerate(ORDER)}
    return [
        Kind(
            name,
            card["title"],
            card["reads"],
            card["terms"],
            tuple(card.get("credentials", ())),
            tuple(card.get("unverified", ())),
        )
        for name, card in sorted(kinds().items(), key=lambda item: (place.get(item[0], len(place)), item[0]))
    ]


def readme_table() -> str:
    """The README's table of sources, in Markdown."""
    rows = [f"| `{kind.name}` | {kind.title} | {kind.reads} |" for kind in catalogue()]
    return "\n".join(["| kind | source | what it reads |", "|---|---|---|", *rows])


def docs_list() -> str:
    """The list of kinds in docs/sources.md, in Markdown."""
    lines = []
    for kind in catalogue():
        needs = f" Credentials: {', '.join(f'`{name}`' for name in kind.credentials)}." if kind.credentials else ""
        open_ = f" Unverified: {'; '.join(kind.unverified)}." if kind.unverified else ""
        lines.append(f"- `{kind.name}`: {kind.title}: {kind.reads}.{needs} Terms: {kind.terms.rstrip('.')}.{open_}")
    return "\n".join(lines)
