"""``docs/frameworks.md`` from what the programs found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.harness.frameworks.rows import ROWS, Row, words

Result = Mapping[str, Any]
HEAD = """\
# In other frameworks

Written by `make frameworks` on {date}: every framework in an environment of its own, its program
run against the emulator on loopback, with this package and with what one would use instead
(ChatOpenAI or LiteLLM's `openai/`, on the same server). The code below is what those programs
begin with, line for line. Each has three tasks: a tool is called and its result used, an answer
comes in pieces, and an answer is an object with a schema.

| framework | versions | tools | stream | structured | beside it | tools | stream | structured |
|---|---|---|---|---|---|---|---|---|
"""
FOOT = """
Python {python}. A dash: there is nothing to compare with.
"""
NOTES = """
## What holds for all of them

- **A model as an object** (LangChain, LangGraph and what is built on them):
  `ChatAimlapi(model=...)`.
- **A model as a string**, `"aimlapi:openai/gpt-4o"`: call `langchain_aimlapi.register()` before.
- **LiteLLM inside** (`"aimlapi/openai/gpt-4o"`): `import langchain_aimlapi.litellm_provider` before
  the first call; LiteLLM has no other way to learn of a provider. Programs with a command line of
  their own have no place for that line: point their OpenAI provider at
  `https://api.aimlapi.com/v1`, or run LiteLLM's proxy with `aimlapi litellm-config`.
- **Neither inside**: any client of OpenAI's or Anthropic's API works with the base URL
  `https://api.aimlapi.com/v1` and your key. What the catalog knows about a model is lost there.
"""


def render(results: Mapping[str, Result], *, date: str, python: str) -> str:
    """The page."""
    parts = [HEAD.format(date=date)]
    parts += [_line(row, results[row.name]) for row in ROWS if row.name in results]
    parts.append(FOOT.format(python=python))
    parts += list(_failures(results))
    parts.append(NOTES)
    parts += [_section(row) for row in ROWS if row.name in results]
    return "".join(parts)


def _line(row: Row, result: Result) -> str:
    versions = ", ".join(f"{name} {one}" for name, one in result.get("versions", {}).items())
    ours, peer = _cells(result.get("ours")), _cells(result.get("peer"))
    beside = row.peer or "-"
    return f"| {row.name} | {versions or '-'} | {ours} | {beside} | {peer} |\n"


def _cells(side: Mapping[str, str | None] | None) -> str:
    side = side or {}
    signs = []
    for name in ("tools", "stream", "structured"):
        found = side.get(name)
        signs.append("-" if found is None else "yes" if found == "yes" else "**no**")
    return " | ".join(signs)


def _failures(results: Mapping[str, Result]) -> Iterator[str]:
    """One line for whatever did not work or did not run."""
    lines = []
    for row in ROWS:
        result = results.get(row.name)
        if result is None:
            lines.append(f"- {row.name}: was not run.\n")
            continue
        if "failed" in result:
            lines.append(f"- {row.name}: did not run: `{result['failed']}`\n")
        for side, who in (("ours", ""), ("peer", f" with {row.peer}")):
            for name, found in (result.get(side) or {}).items():
                if found not in (None, "yes"):
                    lines.append(f"- {row.name}, {name}{who}: `{found}`\n")
    yield "\n"
    yield from lines


def _section(row: Row) -> str:
    remark, code = words(row)
    return f"\n## {row.name}\n\n{remark}\n\n```python\n{code}\n```\n"
