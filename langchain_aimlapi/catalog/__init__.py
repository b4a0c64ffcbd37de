"""What is known about every model, and the public `Catalog` that answers for it.

Importing this reads no file and no environment; the first lookup does.
"""

from __future__ import annotations

from langchain_aimlapi.catalog.facts import DialectName, Facts, Param, RoleFacts, Shape
from langchain_aimlapi.catalog.lookup import Catalog

__all__ = ["Catalog", "DialectName", "Facts", "Param", "RoleFacts", "Shape"]
