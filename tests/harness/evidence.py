"""The catalog of the evidence that lies in this repository, for tests that name single facts.

It is the packaged one. Where a maintainer has made that anew from the API's own lists, it is made
from the evidence, so that these tests judge the code; whether a fact is still true is told by the
difference of the two files, which a person reads.
"""

from __future__ import annotations

from functools import cache

from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.codec import Json
from langchain_aimlapi.catalog.document import packaged, read_document
from langchain_aimlapi.catalog.generate.document import build, render
from tests.harness.paths import PUBLISHED


@cache
def document_of_evidence() -> Json:
    """The catalog's file."""
    if packaged().get("form") != "live":
        return packaged()
    return read_document(render(build(PUBLISHED)))


@cache
def catalog_of_evidence() -> Catalog:
    """The catalog of it."""
    if packaged().get("form") != "live":
        return Catalog.default()
    return Catalog(document_of_evidence())
