"""Loading dumped models: langchain-core's allow lists, which third parties are not on by default.

``load(..., allowed_objects="all")`` means "LangChain's own and its partners' classes", and every
dump must come from a namespace on another list. A package from elsewhere cannot be in these lists,
so the class is entered when its module is imported: ``load`` then works as for LangChain's own
models. The default of ``load``, core's own classes only, is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, TypeVar

if TYPE_CHECKING:
    from typing import Self

    from pydantic import BaseModel as Base
else:
    Base = object  # a mixin: as a model of its own it would cost every import

T = TypeVar("T")
NAMESPACE = ["langchain_aimlapi", "chat_models"]


def allow_loading(name: str, namespace: Sequence[str] = NAMESPACE) -> None:
    """Enter a class of a namespace of ours in langchain-core's lists. Where there are no such lists
    (they are not documented; read in 1.6 and 1.8), nothing happens."""
    module = import_module("langchain_core.load.load")  # `langchain_core.load.load` is a function
    path = (*namespace, name)
    table = getattr(module, "ALL_SERIALIZABLE_MAPPINGS", None)
    if isinstance(table, dict):
        table[path] = path
    namespaces = getattr(module, "DEFAULT_NAMESPACES", None)
    if isinstance(namespaces, list) and NAMESPACE[0] not in namespaces:
        namespaces.append(NAMESPACE[0])
    paths = getattr(module, "_default_class_paths_cache", {}).get("all")
    if isinstance(paths, set):  # somebody has loaded before
        paths.add(path)


class Loadable(Base):
    """A model that LangChain may dump, without its key, and load again."""

    lc_home: ClassVar[Sequence[str]] = NAMESPACE
    """The module that LangChain loads the class from, by its parts."""

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Fields that are left out of serialized models, and where they are read from."""
        return {"api_key": "AIMLAPI_API_KEY", "aimlapi_api_key": "AIMLAPI_API_KEY"}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Whether LangChain may serialize the model (without its key)."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Where LangChain finds the class again."""
        return list(cls.lc_home)

    # Core keeps its dump of a model, which is the key of its cache, too: a copy with
    # another temperature was answered from the cache of the first.

    def __copy__(self) -> Self:
        """A copy, whose dump is its own."""
        return _undumped(super().__copy__())

    def __deepcopy__(self, memo: dict[int, object] | None = None) -> Self:
        """A deep copy, whose dump is its own."""
        return _undumped(super().__deepcopy__(memo))

    if not TYPE_CHECKING:  # pydantic hides its own, so that unknown names are errors

        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            _undumped(self)


def _undumped(model: T) -> T:
    vars(model).pop("_serialized", None)
    return model
