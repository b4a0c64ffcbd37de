"""What LiteLLM shows of all providers, before and after this one is registered: a program that
`test_neighbours` runs in a process of its own, since there it is registered already."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import litellm as _litellm
from litellm import get_supported_openai_params, image_edit
from litellm.types.utils import LlmProviders

litellm: Any = _litellm
MODELS = (
    "gpt-4o", "o3-mini", "claude-sonnet-4-5", "gemini/gemini-2.5-pro",
    "groq/llama-3.1-8b-instant", "aiml/flux/schnell",
    "bedrock/anthropic.claude-3-haiku-20240307-v1:0", "text-embedding-3-small",
    "deepseek/deepseek-chat", "openrouter/openai/gpt-4o", "azure/gpt-4o",
)  # fmt: skip
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
HI = [{"role": "user", "content": "Say three words."}]
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(64)


def tried(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The value of a call, or how it failed."""
    try:
        return call(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def public() -> dict[str, Any]:
    """LiteLLM's lists and tables, without this provider's own entries."""
    names = [name for name in sorted(dir(litellm)) if name.endswith("_models")]
    lists = {name: getattr(litellm, name) for name in names}
    table = litellm.models_by_provider
    callbacks = ("callbacks", "success_callback", "failure_callback", "input_callback")
    settings = (
        "drop_params", "num_retries", "api_base", "api_key", "headers", "modify_params",
        "set_verbose",
    )  # fmt: skip
    return {
        "lists": {n: sorted(map(str, v)) for n, v in lists.items() if isinstance(v, set | list)},
        "model_list": sorted(map(str, litellm.model_list)),
        "providers": sorted(str(p) for p in litellm.provider_list if p != "aimlapi"),
        "enumeration": [p.value for p in LlmProviders],
        "members": sorted(LlmProviders.__members__),
        "by_provider": {p: sorted(map(str, v)) for p, v in table.items() if p != "aimlapi"},
        "cost": {k: v for k, v in litellm.model_cost.items() if not k.startswith("aimlapi/")},
        "valid": sorted(m for m in litellm.get_valid_models() if not m.startswith("aimlapi/")),
        "callbacks": [str(each) for name in callbacks for each in getattr(litellm, name)],
        "settings": [getattr(litellm, name) for name in settings],
    }


def facts() -> dict[str, Any]:
    """What LiteLLM says about models of other providers."""
    asked: dict[str, Callable[[str], Any]] = {
        "provider": litellm.get_llm_provider,
        "parameters": get_supported_openai_params,
        "info": litellm.get_model_info,
        "price": lambda m: litellm.cost_per_token(m, prompt_tokens=1000, completion_tokens=10),
        "vision": litellm.supports_vision,
        "tools": litellm.supports_function_calling,
        "reasoning": litellm.supports_reasoning,
        "environment": litellm.validate_environment,
    }
    return {model: {name: tried(ask, model) for name, ask in asked.items()} for model in MODELS}


def calls(base: str, key: str) -> dict[str, Any]:
    """Calls of another provider, against the emulator."""
    here = {"api_base": base, "api_key": key, "max_retries": 0}
    gpt, drawer = "openai/gpt-4o", "openai/openai/gpt-image-1"
    whole = litellm.completion(gpt, HI, tools=[TOOL], temperature=0.5, user="u", **here)
    stream = litellm.completion(gpt, HI, stream=True, top_p=0.5, **here)
    vectors = litellm.embedding("openai/text-embedding-3-small", input=["one"], **here)
    images = litellm.image_generation("A river", model=drawer, n=1, **here)
    refused = tried(litellm.completion, gpt, HI, thinking={"type": "enabled"}, **here)
    mock = litellm.completion("claude-sonnet-4-5", HI, mock_response="Hello.")
    varying = {"id", "created", "obfuscation"}
    return {
        "whole": whole.choices[0].message.content,
        "chunks": [chunk.model_dump(exclude=varying) for chunk in stream],
        "vector": len(vectors.data[0]["embedding"]),
        "images": len(images.data),
        "refused": str(refused),
        "mock": [mock.choices[0].message.content, mock._hidden_params["response_cost"]],
    }


def seen(base: str, key: str) -> Any:
    """All of it, as plain values."""
    return json.loads(json.dumps([public(), facts(), calls(base, key)], default=str))


def functions() -> list[Any]:
    """Functions that programs import by name."""
    names = ("completion", "acompletion", "embedding", "image_edit", "get_valid_models")
    return [getattr(litellm, name) for name in names]


def main(base: str, key: str) -> None:
    """Print [before, after, what is listed of this provider] as JSON."""
    litellm.suppress_debug_info = True
    before, bound = seen(base, key), functions()
    import langchain_aimlapi.litellm_provider  # noqa: F401 - registers the provider

    loaded = sorted(sys.modules)
    after = seen(base, key)
    if functions() != bound:
        raise SystemExit("a function of LiteLLM's was replaced")
    image_edit(
        model="aimlapi/openai/gpt-image-1", image=IMAGE, mask=IMAGE, prompt="Blue.", n=2,
        size="1024x1024", api_base=base, api_key=key,
    )  # fmt: skip
    ours = {
        "valid": [m for m in litellm.get_valid_models() if m.startswith("aimlapi/")],
        "modules": loaded,
        "parameters": get_supported_openai_params("aimlapi/google/gemma-3-4b-it"),
    }
    print("RESULT" + json.dumps([before, after, ours]))


if __name__ == "__main__":
    main(*sys.argv[1:3])
