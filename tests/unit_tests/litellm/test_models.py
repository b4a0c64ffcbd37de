"""LiteLLM's entries of the package's own catalog are read from a file."""

from __future__ import annotations

import json
from dataclasses import replace

from langchain_aimlapi._litellm import models, table
from langchain_aimlapi.catalog import Catalog


def test_the_table_is_what_the_catalog_says() -> None:
    made = models.made_entries(Catalog.default())
    read = models.entries(Catalog.default())
    message = "make it anew: python -m langchain_aimlapi._litellm.table"
    assert list(read.items()) == list(json.loads(json.dumps(made)).items()), message
    assert models.TABLE.read_text(encoding="utf-8") == table.text()


def test_a_catalog_of_the_programs_own_is_read_itself() -> None:
    known = Catalog.default().find("openai/gpt-4o")
    catalog = Catalog.default().with_facts(replace(known, context=7))
    assert models.entries(catalog)["aimlapi/openai/gpt-4o"]["max_input_tokens"] == 7
