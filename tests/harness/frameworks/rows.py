"""The frameworks: what is installed for each, and which program is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_UNDERSCORES = str.maketrans("-. ", "___")
PROGRAMS = Path(__file__).with_name("programs")
END = "# --- checks"


@dataclass(frozen=True, slots=True)
class Row:
    """One framework.

    Attributes:
        name: As its makers spell it.
        needs: What pip installs beside this package.
        peer: What the same program is run with, for comparison.
        alone: It bears this package's own name, so that this package cannot stand beside it.
    """

    name: str
    needs: tuple[str, ...]
    peer: str = ""
    alone: bool = False

    @property
    def module(self) -> str:
        """The name of its program."""
        return self.name.lower().translate(_UNDERSCORES)

    @property
    def path(self) -> Path:
        return PROGRAMS / f"{self.module}.py"


CHAT, LITELLM = "ChatOpenAI", "LiteLLM's `openai/`"
ROWS = (
    Row("deepagents", ("deepagents", "langchain-openai"), CHAT),
    Row("langgraph-supervisor", ("langgraph-supervisor", "langchain", "langchain-openai"), CHAT),
    Row("langgraph-swarm", ("langgraph-swarm", "langchain", "langchain-openai"), CHAT),
    Row("langmem", ("langmem", "langchain-openai"), CHAT),
    Row("trustcall", ("trustcall", "langchain-openai"), CHAT),
    Row(
        "langchain-mcp-adapters", ("langchain-mcp-adapters", "langchain", "langchain-openai"), CHAT
    ),
    Row("ragas", ("ragas", "langchain-community<0.4.2", "langchain-openai"), CHAT),
    Row(
        "NeMo Guardrails",
        ("nemoguardrails", "langchain", "langchain-community", "langchain-openai"),
        CHAT,
    ),
    Row("langserve", ("langserve[all]", "langchain", "langchain-openai"), CHAT),
    Row("streamlit", ("streamlit", "langchain", "langchain-openai"), CHAT),
    Row("chainlit", ("chainlit", "langchain", "langchain-openai"), CHAT),
    Row("deepeval", ("deepeval",), LITELLM),
    Row("guardrails-ai", ("guardrails-ai",), LITELLM),
    Row("crewai", ("crewai[litellm]",), LITELLM),
    Row("dspy", ("dspy",), LITELLM),
    Row("smolagents", ("smolagents[litellm]",), LITELLM),
    Row("openai-agents", ("openai-agents[litellm]",), LITELLM),
    Row("instructor", ("instructor",), LITELLM),
    Row("llama-index", ("llama-index-core", "llama-index-llms-litellm"), LITELLM),
    Row("pydantic-ai", ("pydantic-ai-slim[openai,anthropic]",)),
    Row("autogen", ("autogen-agentchat", "autogen-ext[openai]")),
    Row("langchain-aimlapi 0.1.3", ("langchain-aimlapi==0.1.3",), alone=True),
)


def words(row: Row) -> tuple[str, str]:
    """What a program says first, and what a user writes: the lines above ``# --- checks``."""
    text = row.path.read_text(encoding="utf-8")
    first, _, rest = text.removeprefix('"""').partition('"""')
    kept: list[str] = []
    inside = False
    for line in rest.partition(END)[0].strip().splitlines():
        if line.startswith("from tests."):
            inside = line.endswith("(")
        elif not inside:
            kept.append(line.split("  # noqa")[0] + _remark(line))
        elif line.startswith(")"):
            inside = False
    return first.strip(), "\n".join(kept).strip()


def _remark(line: str) -> str:
    """What stands behind a ``noqa`` for readers."""
    behind = line.partition("  # noqa")[2].partition("  #")[2]
    return f"  #{behind}" if behind else ""
