"""A request schema, and where it was read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from langchain_aimlapi.catalog.generate.blocks import Schema

DOCS, WHOLE, PART, RULE = "docs", "gateway", "gateway-part", "gateway-rule"
WHOLE_LATER, PART_LATER = "gateway-28", "gateway-part-28"
LATER, PRICES = "docs-later", "prices"
SOURCES = {
    DOCS: "documentation (aimlapi/api-docs f14fa72f) of 2026-08-21",
    WHOLE: "gateway OpenAPI of 2026-08-30, read whole on 2026-11-26",
    WHOLE_LATER: "gateway OpenAPI of 2026-08-30, read whole on 2026-11-28",
    PART: "gateway OpenAPI of 2026-08-30, read in part on 2026-11-26, over the documentation",
    PART_LATER: "gateway OpenAPI of 2026-08-30, read in part on 2026-11-28, over the documentation",
    RULE: "gateway OpenAPI of 2026-08-30: what all its groups that were read have in common, "
    "over the documentation",
    PRICES: "public price list and measurements, read on 2026-11-26",
    LATER: "documentation of September to November 2026, read on 2026-11-26, over the contract "
    "of the nearest older id",
}
"""Name of a source -> where and when, for the document."""


@dataclass(frozen=True, slots=True)
class Published:
    """A request schema, the name of its source, and a key that changes with it."""

    schema: Schema
    source: str = DOCS
    key: str = ""

    def named(self) -> str:
        """The key; the digest of the schema where it has none of its own."""
        if self.key:
            return self.key
        text = json.dumps(self.schema, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]
