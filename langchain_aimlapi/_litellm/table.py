"""Writes the model entries of the package's own catalog, so that no program has to make them:

    python -m langchain_aimlapi._litellm.table

For maintainers, after the catalog was made anew.
"""

from __future__ import annotations

import json

from langchain_aimlapi._litellm.models import TABLE, made_entries
from langchain_aimlapi.catalog import Catalog


def text() -> str:
    """The file: one model a line, in the order that LiteLLM has to hear of them."""
    rows = made_entries(Catalog.default()).items()
    lines = (f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in rows)
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8")
