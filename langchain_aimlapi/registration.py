"""Model strings: ``"aimlapi:openai/gpt-4o"`` where LangChain takes one.

LangChain has no public way to add a provider, so `register` writes into two tables of the
``langchain`` package that are not documented. It does so when it is called, not at import, and it
refuses where they do not look as they did.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PROVIDER = "aimlapi"
# Module of langchain -> the class of this package that it may name.
_TABLES = {
    "langchain.chat_models.base": "ChatAimlapi",
    "langchain.embeddings.base": "AimlapiEmbeddings",
}
_TABLE = "_BUILTIN_PROVIDERS"


def register() -> None:
    """Make ``init_chat_model("aimlapi:...")``, ``create_agent("aimlapi:...")``,
    ``init_embeddings("aimlapi:...")`` and all that is built on them work in this process.

    Call it once, before the first of them; calling it again changes nothing. The rest of the string
    is a model id: ``"aimlapi:openai/gpt-4o"``.

    Raises:
        ImportError: the package ``langchain`` is not installed.
        RuntimeError: this version of it has no such table (it came with 1.3), or another one.
            Nothing has been changed then; make the model yourself: ``ChatAimlapi(model=...)``.

    Source: langchain 1.3 and 1.5.2, ``chat_models/base.py`` and ``embeddings/base.py``, read
        2026-11-27.
    """
    from langchain_aimlapi._langchain.agents import keep_marks_on_fallback

    tables = {name: _table_of(name) for name in _TABLES}
    for name, table in tables.items():
        table.setdefault(PROVIDER, ("langchain_aimlapi", _TABLES[name], _make))
    keep_marks_on_fallback()


def _table_of(name: str) -> dict[str, tuple[str, str, Callable[..., object]]]:
    """A table of providers, if it has the form that is known."""
    try:
        module = import_module(name)
    except ImportError as error:
        raise ImportError(
            "register() is for the package langchain, which is not installed: "
            "pip install 'langchain>=1.3'"
        ) from error
    table = getattr(module, _TABLE, None)
    if not isinstance(table, dict) or not all(map(_is_known, table.values())):
        raise RuntimeError(
            f"langchain {_version()} has no table of providers that register() knows (1.3 to 1.5 "
            "have one): use ChatAimlapi(model=...) or AimlapiEmbeddings(model=...) instead"
        )
    return table


def _is_known(entry: object) -> bool:
    """Whether an entry is (module, name of the class, function that makes an instance of it)."""
    return (
        isinstance(entry, tuple)
        and len(entry) == 3
        and isinstance(entry[0], str)
        and isinstance(entry[1], str)
        and callable(entry[2])
    )


def _version() -> str:
    try:
        return version("langchain")
    except PackageNotFoundError:
        return "of an unknown version"


def _make(cls: type[object], **arguments: Any) -> object:
    return cls(**arguments)
