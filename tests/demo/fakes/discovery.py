"""Google's descriptions of its interfaces, for looking at what a fake says and what a spider asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def schema(spec: Path, name: str) -> dict[str, Any]:
    """The description of an answer as a JSON schema that allows nothing else."""
    types = json.loads(spec.read_text(encoding="utf-8"))["schemas"]

    def of(node: Any) -> Any:
        if "$ref" in node:
            return {"$ref": f"#/$defs/{node['$ref']}"}
        kept = {key: node[key] for key in ("type", "enum") if key in node}
        if "properties" in node:
            kept |= {"additionalProperties": False, "properties": {k: of(v) for k, v in node["properties"].items()}}
        if "items" in node:
            kept["items"] = of(node["items"])
        return kept

    return {"$ref": f"#/$defs/{name}", "$defs": {key: of(value) for key, value in types.items()}}


def method(spec: Path, resource: str, name: str) -> tuple[str, dict[str, Any]]:
    """Path of a method, and its parameters with those that all methods have."""
    described = json.loads(spec.read_text(encoding="utf-8"))
    found = described["resources"][resource]["methods"][name]
    return found["flatPath"], {**described.get("parameters", {}), **found["parameters"]}
