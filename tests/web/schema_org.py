"""A strict reader of the few schema.org types that a seal uses: only known properties, of the type that the vocabulary
gives them, with what search engines require of a rating."""

from __future__ import annotations

from typing import Any

THING: dict[str, Any] = {"name": str, "description": str, "url": str}
TYPES: dict[str, dict[str, Any]] = {
    "Organization": {**THING, "aggregateRating": "AggregateRating"},
    "Product": {**THING, "sku": str, "aggregateRating": "AggregateRating"},
    "AggregateRating": {
        **THING, "ratingValue": (int, float), "worstRating": (int, float), "bestRating": (int, float), "ratingCount": int,
        "reviewCount": int,
    },
}  # fmt: skip
#: Required by Google for a rich result, besides what the vocabulary asks.
REQUIRED = {
    "Organization": {"name"},
    "Product": {"name"},
    "AggregateRating": {"ratingValue", "bestRating", "worstRating", "ratingCount"},
}


def faults(node: Any, wanted: set[str] | None = None, *, top: bool = True) -> list[str]:
    """What is wrong with a node of JSON-LD; empty for a good one."""
    if not isinstance(node, dict):
        return ["no node"]
    kind = node.get("@type")
    if kind not in TYPES or (wanted and kind not in wanted):
        return [f"type {kind}"]
    found = [] if not top or node.get("@context") == "https://schema.org" else ["context"]
    found += [f"{kind} without {name}" for name in REQUIRED[kind] - set(node)]
    for name, value in node.items():
        if name.startswith("@"):
            continue
        want = TYPES[kind].get(name)
        if want is None:
            found.append(f"{kind}.{name} is unknown")
        elif isinstance(want, str):
            found += faults(value, {want}, top=False)
        elif not isinstance(value, want) or isinstance(value, bool) or value == "":
            found.append(f"{kind}.{name} is {value!r}")
    return found + (_rating(node) if kind == "AggregateRating" and not found else [])


def _rating(node: dict[str, Any]) -> list[str]:
    found = []
    if not node["worstRating"] <= node["ratingValue"] <= node["bestRating"]:
        found.append("ratingValue is outside its scale")
    if node["ratingCount"] < 1 or not 0 <= node.get("reviewCount", 0) <= node["ratingCount"]:
        found.append("counts do not fit")
    return found
