"""Advice names LiteLLM's arguments, not those of `ChatAimlapi`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import langchain_aimlapi
from langchain_aimlapi._litellm.words import in_litellm_words

PACKAGE = Path(langchain_aimlapi.__file__).parent
# Of no use to a caller of LiteLLM.
FOREIGN = re.compile(
    r"base_url|rate_limiter|max_retries|stream_timeout|\bdeadline\b|max_response_bytes"
    r"|error\.partial|\bparams="
)
# What no caller of LiteLLM can come to.
ELSEWHERE = {"use ainvoke/astream, or give a plain function"}


def advice() -> Iterator[str]:
    """Every text that the package gives as advice."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "emulator" in path.parts or "_langchain" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg == "advice":
                        yield from texts(keyword.value)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [getattr(t, "id", None) or getattr(t, "attr", "") for t in targets]
                if any("advice" in str(name).lower() for name in names):
                    yield from texts(node.value)


def texts(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def test_advice_is_in_litellms_words() -> None:
    texts = set(advice()) - ELSEWHERE
    assert len(texts) > 20
    assert [text for text in sorted(texts) if FOREIGN.search(in_litellm_words(text))] == []
