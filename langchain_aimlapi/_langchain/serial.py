"""Loading dumped models: langchain-core's allow list, which third parties are not on by default.

``load(..., allowed_objects="all")`` means "LangChain's own and its partners' classes", a table in
langchain-core that a package from elsewhere can not be in. A dump is only ever loaded by whoever
names our namespace in ``valid_namespaces``; for them the class is entered when it is first asked
for its address, which is when a model is dumped. ``allowed_objects=[ChatAimlapi]`` always works.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def allow_loading(cls: type[Any]) -> None:
    """Enter ``cls`` in langchain-core's table. Where there is no such table (it is not documented,
    read in 1.7), nothing happens."""
    module = import_module("langchain_core.load.load")  # `langchain_core.load.load` is a function
    table = getattr(module, "ALL_SERIALIZABLE_MAPPINGS", None)
    path = ("langchain_aimlapi", "chat_models", cls.__name__)
    if cls.__name__ != "ChatAimlapi" or not isinstance(table, dict) or path in table:
        return
    table[path] = path
    paths = getattr(module, "_default_class_paths_cache", {}).get("all")
    if isinstance(paths, set):
        paths.add(path)
