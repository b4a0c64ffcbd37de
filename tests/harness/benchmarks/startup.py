"""What it costs to begin: imports and constructors, each in a new process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.harness.paths import ROOT

_CODE = """
import json, sys, time
{before}
before = len(sys.modules)
cpu, wall = time.process_time(), time.perf_counter()
{statement}
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
modules = len(sys.modules) - before
loaded = sorted(name for name in ("httpx", "openai", "litellm", "aiohttp") if name in sys.modules)
made = {make}
times = []
first = time.perf_counter()
made()
first = time.perf_counter() - first
for _ in range(200):
    began = time.perf_counter()
    made()
    times.append(time.perf_counter() - began)
print(json.dumps(dict(cpu_ms=cpu * 1e3, wall_ms=wall * 1e3, modules=modules, loaded=loaded,
                      first_ms=first * 1e3, construct_us=sorted(times)[100] * 1e6)))
"""


@dataclass(frozen=True)
class Start:
    """One way to begin: what is imported and what is constructed."""

    label: str
    statement: str
    make: str = "lambda: None"
    needs: str | None = None
    before: str = "pass"
    """What is imported before the clock starts."""


_ARGUMENTS = "model='openai/gpt-4o', api_key='sk-bench'"
_URL = "base_url='http://127.0.0.1:9/v1'"

STARTS: dict[str, Start] = {
    "python": Start("bare Python", "pass"),
    "package": Start("import langchain_aimlapi", "import langchain_aimlapi"),
    "core": Start(
        "langchain-core's BaseChatModel",
        "from langchain_core.language_models.chat_models import BaseChatModel",
    ),
    "aimlapi": Start(
        "langchain-aimlapi",
        "from langchain_aimlapi import ChatAimlapi",
        f"lambda: ChatAimlapi({_ARGUMENTS}, {_URL})",
    ),
    # Two imports of 1,500 ms each differ by more than what this one adds, so it is measured alone.
    "class": Start(
        "ChatAimlapi, after BaseChatModel",
        "from langchain_aimlapi import ChatAimlapi",
        before="from langchain_core.language_models.chat_models import BaseChatModel",
    ),
    "provider": Start(
        "LiteLLM provider, after litellm",
        "import langchain_aimlapi.litellm_provider",
        needs="litellm",
        before="import litellm; from litellm.llms.custom_llm import CustomLLM",
    ),
    "openai": Start(
        "langchain-openai",
        "from langchain_openai import ChatOpenAI",
        f"lambda: ChatOpenAI({_ARGUMENTS}, {_URL})",
        "langchain_openai",
    ),
    "deepseek": Start(
        "langchain-deepseek",
        "from langchain_deepseek import ChatDeepSeek",
        f"lambda: ChatDeepSeek({_ARGUMENTS})",
        "langchain_deepseek",
    ),
    "openrouter": Start(
        "langchain-openrouter",
        "from langchain_openrouter import ChatOpenRouter",
        f"lambda: ChatOpenRouter({_ARGUMENTS})",
        "langchain_openrouter",
    ),
    "chat-litellm": Start(
        "langchain-litellm",
        "from langchain_litellm import ChatLiteLLM",
        "lambda: ChatLiteLLM(model='aiml/openai/gpt-4o', api_key='sk-bench')",
        "langchain_litellm",
    ),
}


def begin(start: Start, bytecode: str) -> dict[str, Any]:
    """Run one beginning in a new interpreter.

    Args:
        start: What to begin with.
        bytecode: A folder for compiled modules; the first run fills it. An installed package
            is compiled, whatever the environment here says about writing such files.

    Returns:
        ``cpu_ms``, ``wall_ms`` and ``modules`` of the import, ``loaded`` (which HTTP libraries it
        brought in), ``first_ms`` and ``construct_us`` of the constructor.
    """
    code = _CODE.format(before=start.before, statement=start.statement, make=start.make)
    environment = {
        **os.environ,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PYTHONWARNINGS": "ignore",
        "PYTHONPYCACHEPREFIX": bytecode,
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if told.returncode != 0:
        return {"failed": (told.stderr.strip().splitlines() or ["no reason given"])[-1][:300]}
    value: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return value
