"""JSON schemas as a pool in which equal parts are kept once.

A node is a JSON schema whose subschemas are numbers of other nodes. Hundreds of schemas that
differ in a few parameters share the rest, which makes them a fifteenth of their size.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
Node = dict[str, Any]

NAMED = ("properties",)
LISTED = ("anyOf", "oneOf", "allOf")
SINGLE = ("items", "additionalProperties", "not")


class Pool:
    """Collects schemas. `add` gives the number of a schema's node."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._places: dict[str, int] = {}

    def add(self, schema: Schema) -> int:
        node: Node = {}
        for key, value in sorted(schema.items()):
            if key in NAMED and isinstance(value, Mapping):
                node[key] = {name: self.add(_schema(one)) for name, one in sorted(value.items())}
            elif key in LISTED and isinstance(value, list):
                node[key] = [self.add(_schema(one)) for one in value]
            elif key in SINGLE and isinstance(value, Mapping):
                node[key] = self.add(value)
            elif not _is_prose(key, value):
                node[key] = value
        text = json.dumps(node, sort_keys=True)
        if text not in self._places:
            self._places[text] = len(self.nodes)
            self.nodes.append(node)
        return self._places[text]


def _is_prose(key: str, value: object) -> bool:
    """A sentence as a default decides nothing."""
    return key == "default" and isinstance(value, str) and len(value) > 40


def _schema(value: object) -> Schema:
    """``true`` in a schema's place means that anything is taken."""
    return value if isinstance(value, Mapping) else {}


def expand(nodes: list[Node], number: int) -> dict[str, object]:
    """The JSON schema behind a number."""
    schema: dict[str, Any] = {}
    for key, value in nodes[number].items():
        if key in NAMED:
            schema[key] = {name: expand(nodes, one) for name, one in value.items()}
        elif key in LISTED:
            schema[key] = [expand(nodes, one) for one in value]
        elif key in SINGLE and not isinstance(value, bool):
            schema[key] = expand(nodes, value)
        else:
            schema[key] = value
    return schema
