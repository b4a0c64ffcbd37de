"""Features of parameters: ranges, names, reasoning, search, vendors' spellings."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, HumanMessage

from tests.harness.conformance.feature import (
    Arrived,
    Feature,
    either,
    everything,
    has,
    has_keys,
    holds,
    mentions,
    offers,
    says,
    strings,
)
from tests.harness.conformance.features_tools import bound
from tests.harness.conformance.published import Body
from tests.harness.conformance.samples import (
    ASKED,
    BOTH,
    CALL,
    CLAUDE_TOOLS,
    FLAT_CALL,
    FLAT_TOOLS,
    HI,
    TOOLS,
    USE,
    WIRE_CALL,
    Wire,
    called,
    chat,
    responses,
    result,
    said,
    text,
)

USER = HumanMessage("hi")


def _wire(**params: Any) -> tuple[Wire, Wire]:
    return chat(**params), responses(**params)


def _param(title: str, **params: Any) -> Feature:
    """A parameter that has the same name everywhere."""
    return Feature(title, [USER], holds(**params), _wire(**params), fields=params)


def _one_of(title: str, names: tuple[str, ...], value: Any, **given: Any) -> Feature:
    """A parameter that goes by several names."""
    arrived = either(*(holds(**{name: value}) for name in names))
    witnesses = tuple(body for name in names for body in _wire(**{name: value}))
    return Feature(title, [USER], arrived, witnesses, fields=given)


STOPS = [f"END{i}" for i in range(5)]
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def _is_user(body: Body, takes: frozenset[str]) -> bool:
    return "u-1" in (body.get("user"), (body.get("metadata") or {}).get("user_id"))


def _streams_usage(body: Body, takes: frozenset[str]) -> bool:
    # Where usage cannot be asked for it comes unasked (Claude, messages, responses).
    asked = (body.get("stream_options") or {}).get("include_usage") is True
    return body.get("stream") is True and (asked or "stream_options" not in takes)


SAMPLING = (
    _param("temperature 0", temperature=0),
    _param("temperature 0.7", temperature=0.7),
    _param("temperature 1.5", temperature=1.5),
    _param("temperature 2", temperature=2),
    _param("seed 0", seed=0),
    _param("seed 42", seed=42),
    _param("top_p 0", top_p=0),
    _param("top_p 0.9", top_p=0.9),
    _param("top_k 5", top_k=5),
    Feature("n 2", [USER], holds(n=2), _wire(n=2), fields={"n": 2}),
    _param("presence_penalty", presence_penalty=0.5),
    _param("frequency_penalty", frequency_penalty=-0.5),
    _param("presence_penalty 3", presence_penalty=3.0),
    _param("logprobs", logprobs=True, top_logprobs=2),
    Feature("top_logprobs alone", [USER], holds(top_logprobs=2),
            _wire(logprobs=True, top_logprobs=2), fields={"top_logprobs": 2}),
    _param("logit_bias", logit_bias={"50256": -100}),
    _one_of("stop", ("stop", "stop_sequences"), ["END"], stop=["END"]),
    _one_of("stop of five", ("stop", "stop_sequences"), STOPS, stop=STOPS),
    Feature("stop text", [USER],
            either(holds(stop=["END"]), holds(stop="END"), holds(stop_sequences=["END"])),
            (*_wire(stop=["END"]), chat(stop_sequences=["END"])), fields={"stop": "END"}),
    Feature("stop of the call", [USER], either(holds(stop=["END"]), holds(stop_sequences=["END"])),
            (*_wire(stop=["END"]), chat(stop_sequences=["END"])), call={"stop": ["END"]}),
    _one_of("max_tokens 1", LIMITS, 1, max_tokens=1),
    _one_of("max_tokens 500", LIMITS, 500, max_tokens=500),
    _one_of("max_completion_tokens", LIMITS, 500, max_completion_tokens=500),
    Feature("user", [USER], _is_user,
            (*_wire(user="u-1"), chat(metadata={"user_id": "u-1"})), fields={"user": "u-1"}),
    _one_of("verbosity", ("verbosity",), "low", verbosity="low"),
    Feature("stream with usage", [USER], _streams_usage,
            (chat(stream=True), responses(stream=True),
             chat(stream=True, stream_options={"include_usage": True})),
            droppable=True, modes=("stream",)),
    Feature("stream without usage", [USER],
            lambda body, takes: body.get("stream") is True and not body.get("stream_options"),
            (chat(stream=True), responses(stream=True)), fields={"stream_usage": False},
            droppable=True, modes=("stream",)),
    Feature("extra_body", [USER], holds(x_mine={"a": 1}), (),
            fields={"extra_body": {"x_mine": {"a": 1}}}),
)  # fmt: skip

# --- reasoning -----


def _efforts(body: Body) -> list[Any]:
    held = body.get("reasoning")
    inner = held.get("effort") if isinstance(held, dict) else None
    return [value for value in (body.get("reasoning_effort"), inner) if value is not None]


def _thinks(body: Body) -> bool:
    """Thinking is switched on in a vendor's own way."""
    thinking = body.get("thinking")
    on = isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive")
    return on or body.get("enable_thinking") is True


def _effort(level: str) -> Arrived:
    """The effort itself, or thinking switched on where there is no effort."""
    return lambda body, takes: level in _efforts(body) or _thinks(body)


def _no_effort(body: Body, takes: frozenset[str]) -> bool:
    off = (body.get("thinking") or {}).get("type") == "disabled"
    off = off or body.get("enable_thinking") is False or "none" in _efforts(body)
    # Claude does not think unless it is told to.
    silent = "thinking.budget_tokens" in takes and not _thinks(body) and not _efforts(body)
    return off or silent


def _budget(body: Body, takes: frozenset[str]) -> bool:
    places = (
        (body.get("thinking") or {}).get("budget_tokens"),
        body.get("thinking_budget"),
        (body.get("reasoning") or {}).get("max_tokens"),
    )
    on = _thinks(body) and "thinking.budget_tokens" not in takes and "thinking_budget" not in takes
    return 4096 in places or on


ON = (
    chat(thinking={"type": "enabled", "budget_tokens": 4096}),
    chat(thinking={"type": "enabled"}),
    chat(thinking={"type": "adaptive"}),
    chat(enable_thinking=True),
)


def _effort_bodies(level: str) -> tuple[Wire, ...]:
    return (
        chat(reasoning_effort=level),
        chat(reasoning={"effort": level}),
        responses(reasoning={"effort": level}),
        *(() if level == "none" else ON),
    )


OFF = (
    *_effort_bodies("none"),
    chat(thinking={"type": "disabled"}),
    chat(enable_thinking=False),
)
BUDGETS = (
    chat(thinking={"type": "enabled", "budget_tokens": 4096}),
    chat(enable_thinking=True, thinking_budget=4096),
    chat(reasoning={"max_tokens": 4096}),
)


def _with_effort(level: str, **fields: Any) -> Feature:
    title = f"effort {level}" if fields else f"reasoning_effort {level}"
    given = fields or {"reasoning_effort": level}
    return Feature(title, [USER], _effort(level), _effort_bodies(level), fields=given)


REASONING = (
    *(_with_effort(level) for level in ("low", "medium", "high", "minimal", "xhigh")),
    _with_effort("low", reasoning={"effort": "low"}),
    Feature("reasoning_effort none", [USER], _no_effort, OFF, fields={"reasoning_effort": "none"}),
    Feature("reasoning budget", [USER], _budget, BUDGETS,
            fields={"reasoning": {"budget_tokens": 4096}, "max_tokens": 9000}),
    Feature("reasoning budget alone", [USER], _budget, BUDGETS,
            fields={"reasoning": {"budget_tokens": 4096}}),
    # A thinking budget (1024 at least) has to be below the limit. Adaptive thinking would have
    # room, but the schema of /v1/messages is one for all Claude ids and the older ones lack it.
    Feature("effort with a small limit", [USER], _effort("high"),
            (*_effort_bodies("high")[:3], chat(enable_thinking=True)),
            fields={"reasoning_effort": "high", "max_tokens": 900}),
    Feature("effort with sampling", [USER], _effort("low"), _effort_bodies("low"),
            fields={"reasoning_effort": "low", "temperature": 0, "top_p": 0.5}),
)  # fmt: skip

# --- the vendors' own spellings -----


def _searches(body: Body, takes: frozenset[str]) -> bool:
    kinds = [str(tool.get("type", "")) for tool in body.get("tools", ())]
    asked = "web_search_options" in body or body.get("enable_search") is True
    # Perplexity's models search always.
    always = "search_mode" in takes and "web_search_options" not in takes
    return asked or always or any(kind.startswith("web_search") for kind in kinds)


def _reasons(body: Body, takes: frozenset[str]) -> bool:
    held = body.get("reasoning")
    budget = isinstance(held, dict) and held.get("max_tokens")
    return _thinks(body) or bool(_efforts(body) or budget or body.get("thinking_budget"))


ANY_REASONING = (*_effort_bodies("low"), *BUDGETS)
DISPLAYED = {"type": "adaptive", "display": "summarized"}
SPELLINGS = (
    ("thinking", {"type": "enabled", "budget_tokens": 2048}),
    ("enable_thinking", True),
    ("reasoning", {"effort": "low"}),
    ("reasoning_effort", "low"),
)


def _verbatim_or(name: str, value: Any, otherwise: Arrived) -> Arrived:
    return lambda body, takes: body.get(name) == value or otherwise(body, takes)


VENDORS = (
    *(
        Feature(f"vendor's {name}", [USER], _verbatim_or(name, value, _reasons), ANY_REASONING,
                fields={"model_kwargs": {name: value}})
        for name, value in SPELLINGS
    ),
    Feature("vendor's thinking, displayed", [USER],
            _verbatim_or("thinking", DISPLAYED, _reasons),
            (*ANY_REASONING, chat(thinking=DISPLAYED)),
            fields={"model_kwargs": {"thinking": DISPLAYED}}),
    Feature("vendor's web_search_options", [USER], either(has("web_search_options"), _searches),
            _wire(web_search_options={}), fields={"model_kwargs": {"web_search_options": {}}}),
    Feature("vendor's enable_search", [USER], either(holds(enable_search=True), _searches),
            _wire(enable_search=True), fields={"model_kwargs": {"enable_search": True}}),
    Feature("vendor's search_mode", [USER], holds(search_mode="web"), _wire(search_mode="web"),
            fields={"model_kwargs": {"search_mode": "web"}}),
    Feature("vendor's provider", [USER], holds(provider="auto"), _wire(provider="auto"),
            fields={"model_kwargs": {"provider": "auto"}}),
)  # fmt: skip

# --- search and sound -----


GLM_SEARCH = {
    "type": "web_search",
    "web_search": {"enable": True, "search_engine": "search_pro_jina"},
}
SEARCH = Feature(
    "web search", [USER], _searches,
    (
        chat(web_search_options={}), chat(enable_search=True), chat(search_mode="web"),
        chat(tools=[{"type": "web_search_20250305", "name": "web_search"}]),
        chat(tools=[GLM_SEARCH]), responses(tools=[{"type": "web_search_preview"}]),
        responses(tools=[{"type": "web_search"}]),
    ),
    fields={"web_search": True},
)  # fmt: skip
VOICES = ("alloy", "Cherry")


def _speaks(body: Body, takes: frozenset[str]) -> bool:
    return isinstance(body.get("audio"), dict) and "audio" in body.get("modalities", ())


SOUND = Feature(
    "audio output", [USER], _speaks,
    tuple(chat(modalities=["text", "audio"], audio={"voice": voice, "format": "wav"})
          for voice in VOICES),
    fields={"audio": {"voice": "alloy", "format": "wav"}},
)  # fmt: skip

# --- what the model thought, handed back -----

THOUGHT = {"type": "thinking", "thinking": "Let me see.", "signature": "c2lnbmVk"}
DETAIL = {"type": "reasoning.text", "text": "Let me see.", "index": 0, "format": "x"}
ITEM = {
    "type": "reasoning", "id": "rs_1", "encrypted_content": "c2VhbGVk",
    "summary": [{"type": "summary_text", "text": "Let me see."}],
}  # fmt: skip
V1: list[str | dict[Any, Any]] = [
    {"type": "reasoning", "reasoning": "Let me see.", "extras": {"signature": "c2lnbmVk"}},
    {"type": "tool_call", "name": "get_weather", "args": {"city": "Oslo"}, "id": "call_1"},
]
LOOP = mentions("Oslo", "get_weather", "rain")


def _back(
    title: str, answer: AIMessage, arrived: Arrived, *witnesses: Wire, **fields: Any
) -> Feature:
    return Feature(title, [ASKED, answer, result()], everything(offers(*BOTH), LOOP, arrived),
                   witnesses, bind=bound(), droppable=True, fields=fields)  # fmt: skip


def _has_text(word: str) -> Arrived:
    return lambda body, takes: any(word in value for _, value in strings(dict(body)))


CLAUDE_LOOP = chat(
    said("user", "?"), said("assistant", [THOUGHT, USE]),
    said("user", [{"type": "tool_result", "tool_use_id": "call_1", "content": "rain"}]),
    tools=CLAUDE_TOOLS,
)  # fmt: skip


def _openai_loop(call: Wire = WIRE_CALL, **extra: Any) -> Wire:
    return chat(said("user", "?"), said("assistant", "", tool_calls=[call], **extra),
                said("tool", "rain", tool_call_id="call_1"), tools=TOOLS)  # fmt: skip


SIGNED = has_keys(signature="c2lnbmVk")
RETURNED = (
    _back("reasoning_content in a loop",
          called(additional_kwargs={"reasoning_content": "Let me see."}),
          _has_text("Let me see."), _openai_loop(reasoning_content="Let me see.")),
    _back("reasoning_details in a loop",
          called(additional_kwargs={"reasoning_details": [DETAIL]}),
          _has_text("Let me see."), _openai_loop(reasoning_details=[DETAIL])),
    _back("signed thought in a loop",
          called(additional_kwargs={"thinking_blocks": [{**THOUGHT, "index": 0}]}),
          SIGNED, CLAUDE_LOOP),
    _back("signed thought in content", called([THOUGHT, USE]), SIGNED, CLAUDE_LOOP),
    _back("signed thought, v1",
          AIMessage(V1, tool_calls=[CALL], response_metadata={"output_version": "v1"}),
          SIGNED, CLAUDE_LOOP),
    _back("signed thought, v1, thinking asked for",
          AIMessage(V1, tool_calls=[CALL], response_metadata={"output_version": "v1"}),
          SIGNED, CLAUDE_LOOP, reasoning={"effort": "low"}),
    _back("sealed thought in a loop",
          called(additional_kwargs={"reasoning_items": [{**ITEM, "index": 0}]}),
          has_keys(encrypted_content="c2VhbGVk"),
          responses(HI, ITEM, FLAT_CALL,
                    {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
                    tools=FLAT_TOOLS)),
    _back("thought signature of a call",
          called(additional_kwargs={"tool_call_extras": {
              "call_1": {"extra_content": {"google": {"thought_signature": "c2ln"}}}}}),
          _has_text("c2ln"),
          _openai_loop({**WIRE_CALL, "extra_content": {"google": {"thought_signature": "c2ln"}}})),
    Feature("thought of a finished turn",
            [USER, AIMessage("one", additional_kwargs={"reasoning_content": "Let me see."}),
             HumanMessage("two")],
            says("hi", "one", "two"), (chat(HI), responses(HI))),
    Feature("thought of a finished turn, v1",
            [USER, AIMessage([V1[0], text("one")]), HumanMessage("two")],
            mentions("hi", "one", "two"), (chat(HI), responses(HI))),
    Feature("thought alone", [USER, AIMessage([V1[0]]), HumanMessage("two")],
            says("hi", "two"), (chat(HI), responses(HI))),
)  # fmt: skip

PARAMS = (*SAMPLING, *REASONING, *VENDORS, SEARCH, SOUND, *RETURNED)
