"""The command that writes ``model_ids.py``: ids of the catalog as types, for completion in editors.

    python -m langchain_aimlapi.catalog.generate.ids [--check]

With ``--check`` nothing is written: the exit status is 1 where the file is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from langchain_aimlapi.catalog.lookup import Catalog

TARGET = Path(__file__).parent.with_name("model_ids.py")
# Name of the type -> kinds of models.
_TYPES = {
    "ChatModelId": ("chat", "messages", "responses"),
    "EmbeddingModelId": ("embedding",),
}
_HEAD = '''"""Ids of the models in the catalog, as types, so that editors complete them.

Written by ``python -m langchain_aimlapi.catalog.generate.ids``. Nothing imports this at run time.
"""

from __future__ import annotations

from typing import Literal

'''


def render(catalog: Catalog) -> str:
    """The text of ``model_ids.py``."""
    return _HEAD + "\n".join(_lines(catalog)) + "\n"


def _lines(catalog: Catalog) -> Iterator[str]:
    for name, kinds in _TYPES.items():
        yield f"{name} = Literal["
        ids = {facts.id for kind in kinds for facts in catalog.models(kind=kind)}
        # the API's own tests are models, too
        yield from (f'    "{each}",' for each in sorted(ids) if not each.startswith("test/"))
        yield "]"


def main(argv: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    check = "--check" in (sys.argv[1:] if argv is None else argv)
    text = render(Catalog.default())
    old = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if text == old:
        return 0
    if check:
        sys.stderr.write(f"{TARGET.name} is out of date: run the command without --check\n")
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
