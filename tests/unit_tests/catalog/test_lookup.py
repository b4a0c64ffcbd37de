"""`Catalog`: layers, filters, suggestions and profiles, on the facts that ship with the package."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from typing import Any

import pytest

from langchain_aimlapi.catalog import Catalog, Facts, Shape
from langchain_aimlapi.catalog.check import fits, problem
from langchain_aimlapi.catalog.generate.overrides import OVERRIDES, REPLACEMENTS, TWINS
from langchain_aimlapi.catalog.shape import CHAT, MESSAGES, RESPONSES
from tests.harness.evidence import catalog_of_evidence

catalog = catalog_of_evidence()
shipped = Catalog.default()  # for what holds of any catalog


def chat(model: str) -> Shape:
    return catalog.find(model).shapes[CHAT]


# --- facts -----

# Of every cluster that the documentation of August distinguished: the gateway's own OpenAPI has one
# conversation for all of them, with or without a developer role.
ONE_CONVERSATION = {
    "moonshotai/kimi-k3": True,
    "gpt-4o": True,
    "google/gemini-2.5-pro": False,
    "google/gemini-3-5-flash": False,
    "deepseek/deepseek-v4-pro": False,
    "xiaomi/mimo-v2.5": True,
    "nvidia/nemotron-3-ultra-550b-a55b": False,
    "anthropic/claude-opus-4.8": True,
    "anthropic/claude-sonnet-latest": True,
    "deepseek/deepseek-chat": True,
    "openai/gpt-chat-latest": True,
    "alibaba/qwen3-32b": False,
}


@pytest.mark.parametrize(("model", "developer"), ONE_CONVERSATION.items())
def test_openai_shaped_models_have_one_open_conversation(model: str, developer: bool) -> None:
    shape = chat(model)
    roles = {"user", "assistant", "system", "tool"}
    assert set(shape.roles) == (roles | {"developer"} if developer else roles)
    assert not any(role.closed for role in shape.roles.values())
    assert shape.roles["assistant"].null
    assert shape.roles["assistant"].absent
    assert shape.roles["tool"].list
    assert all("name" in (role.keys or ()) for role in shape.roles.values())
    assert shape.tools == frozenset({"function", "custom", "*"})
    cached = [part for part in shape.parts if part not in ("refusal", "input_audio", "video_url")]
    assert all("cache_control" in shape.parts[part]["keys"] for part in cached)
    assert "cache_control" in shape.tool_defs["function"].properties


def test_groups_without_tools_are_told_from_those_that_were_not_read() -> None:
    for model in (
        "deepseek/deepseek-r1", "google/gemma-3-27b-it", "google/gemma-4-31b-it",
        "perplexity/sonar", "tencent/hy-mt2-30b-a3b", "thinkingmachines/inkling-small",
    ):  # fmt: skip
        assert chat(model).tools == frozenset(), model
        assert "tools" not in catalog.capabilities(model)
    # their documentation of August prints none, and nothing newer was read: the API decides
    for model in ("cohere/command-a", "alibaba/qwen3.8-27b", "xiaomi/mimo-v2-flash"):
        assert chat(model).tools is None, model
        assert "tools" not in catalog.capabilities(model)


def test_what_nothing_newer_speaks_of_keeps_the_documentation() -> None:
    old = chat("claude-sonnet-4-20250514")
    assert old.dialect == "messages"
    assert set(old.roles) == {"user", "assistant"}
    assert old.roles["user"].max_parts == 5
    assert old.roles["user"].closed
    assert old.tools == frozenset({"anthropic"})
    captioner = chat("alibaba/qwen3-omni-30b-a3b-captioner")
    assert captioner.roles["user"].parts == frozenset({"input_audio"})
    assert not captioner.roles["user"].string
    assert not chat("nvidia/nemotron-3-ultra-550b-a55b").streams


def test_a_claude_id_with_dashes_takes_both_forms_and_a_dotted_one_openais_alone() -> None:
    for model in ("anthropic/claude-opus-4-5", "claude-opus-4-8", "anthropic/claude-sonnet-5"):
        facts = catalog.find(model)
        assert list(facts.shapes) == [CHAT, MESSAGES]
        for shape in facts.shapes.values():
            assert shape.other is not None
            native = shape if shape.dialect == "messages" else shape.other
            assert {shape.dialect, shape.other.dialect} == {"messages", "completions"}
            assert "cache_control" in native.parts["tool_result"]["keys"]
            assert native.parts["image"]["source_types"] == ["base64", "url"]
            assert {"anthropic", "*"} <= set(native.tools or ())
    for model in ("anthropic/claude-opus-4.5", "claude-opus-4.8", "anthropic/claude-opus-latest"):
        facts = catalog.find(model)
        assert list(facts.shapes) == [CHAT]
        assert facts.shapes[CHAT].other is None
        assert "reasoning_effort" in (facts.shapes[CHAT].params or {})
    sampled, plain = chat("claude-opus-4-6").params or {}, chat("claude-opus-4-7").params or {}
    assert "temperature" in sampled
    assert "temperature" not in plain
    assert (sampled["max_tokens"].default, plain["max_tokens"].default) == (32000, 128000)


@pytest.mark.parametrize(
    ("model", "levels"),
    [
        ("openai/gpt-5-mini", ["none", "minimal", "low", "medium", "high"]),
        ("alibaba/qwen3.6-27b", ["none", "low", "medium", "high"]),
        ("google/gemini-3.7-flash", ["low", "medium", "high", "max"]),
        ("google/gemini-3-7-flash", ["low", "medium", "high", "max"]),
        ("google/gemini-3.6-flash", ["minimal", "low", "medium", "high", "max"]),
        ("anthropic/claude-sonnet-5", ["low", "medium", "high", "xhigh", "max"]),
    ],
)
def test_an_effort_is_taken_as_declared_or_as_it_was_measured(
    model: str, levels: list[str]
) -> None:
    effort = (chat(model).params or {})["reasoning_effort"]
    assert list(effort.enum or ()) == levels


def test_efforts_that_make_no_difference_are_no_levels() -> None:
    assert catalog.find("google/gemini-3.1-pro-preview").efforts == ()
    assert "reasoning_effort_levels" not in catalog.profile("google/gemini-3.1-pro-preview")
    assert catalog.find("deepseek/deepseek-v4-pro").efforts == ("none", "low", "high")


def test_the_preferred_path_comes_first() -> None:
    first = {
        model: next(iter(catalog.find(model).shapes.values()))
        for model in (
            "gpt-4o",
            "x-ai/grok-4-3",
            "openai/gpt-5-1-codex",
            "openai/o3-pro",
            "anthropic/claude-opus-4-1-20250805",
            "claude-sonnet-4-latest",
        )
    }
    assert [(shape.path, shape.dialect) for shape in first.values()] == [
        (CHAT, "completions"),
        (CHAT, "completions"),
        (RESPONSES, "responses"),
        (CHAT, "completions"),
        (CHAT, "completions"),
        (MESSAGES, "messages"),
    ]
    assert list(catalog.find("gpt-4o").shapes) == [CHAT, RESPONSES]
    assert list(catalog.find("openai/gpt-6-luna").shapes) == [CHAT, RESPONSES]


def test_every_fact_says_where_and_when_it_was_read() -> None:
    for facts in catalog.models(status=None):
        assert facts.sources["row"]
        if (
            facts.known
            and facts.id in catalog._layers._rows
            and "shapes" in catalog._layers._rows[facts.id]
        ):
            assert set(facts.shapes) <= set(facts.sources)
    whole, old = catalog.find("gpt-4o"), catalog.find("claude-sonnet-4-20250514")
    assert "2026-08-30, read whole" in whole.sources[CHAT]
    assert "in part" in catalog.find("openai/o3-mini").sources[CHAT]
    assert "in common" in catalog.find("inclusionai/ring-2.6-1t").sources[CHAT]
    assert "of 2026-08-21" in old.sources[CHAT]
    assert "price list" in whole.sources["prices"]


def test_messages_and_responses_shapes_tell_both_forms_and_the_items() -> None:
    messages = catalog.find("claude-sonnet-4-latest").shapes[MESSAGES]
    assert messages.other is not None
    assert messages.other.dialect == "completions"
    assert "system" in messages.other.roles
    responses = catalog.find("openai/gpt-5-1-codex").shapes[RESPONSES]
    assert responses.items is not None
    assert {"message", "output_message", "function_call", "reasoning"} <= set(responses.items)
    assert responses.response_formats == frozenset({"text", "json_object", "json_schema"})
    assert responses.params is not None
    assert responses.params["max_output_tokens"].minimum == 16
    grok = catalog.find("x-ai/grok-4-3").shapes[RESPONSES]
    assert grok.items is not None
    assert "function_call" not in grok.items


def test_paths_without_a_conversation_have_parameters_too() -> None:
    embedding = catalog.find("text-embedding-3-small")
    shape = embedding.shapes["/v1/embeddings"]
    assert (embedding.kind, shape.dialect, shape.closed) == ("embedding", "none", False)
    assert shape.required == {"input"}
    video = catalog.find("google/veo3").shapes["/v2/video/generations"]
    assert video.params is not None
    assert video.params["duration"].enum == (4, 6, 8)
    assert list(catalog.find("openai/gpt-image-1").shapes) == [
        "/v1/images/generations",
        "/v1/images/edits",
    ]


# --- layers -----


def test_an_unknown_id_is_permissive_and_never_refused() -> None:
    facts = catalog.find("somebody/something")
    assert (facts.known, facts.id, facts.shapes) == (False, "somebody/something", {CHAT: Shape()})
    assert facts.shapes[CHAT].params is None
    assert facts.shapes[CHAT].roles == {}


def test_an_unknown_claude_is_taken_for_a_claude() -> None:
    facts = catalog.find("anthropic/claude-nova-9")
    assert (facts.known, facts.vendor, facts.kind) == (False, "anthropic", "chat")
    assert list(facts.shapes) == [CHAT, MESSAGES]
    assert facts.shapes[CHAT].accepts_anthropic
    assert facts.shapes[CHAT].params is None


def test_an_unknown_codex_is_called_at_responses() -> None:
    assert next(iter(catalog.find("openai/gpt-9-codex").shapes)) == RESPONSES
    assert next(iter(catalog.find("openai/gpt-9").shapes)) == CHAT


def test_dated_overrides_beat_the_generated_rows() -> None:
    assert catalog.find("minimax/m2").thinks_inline
    assert catalog.find("minimax/minimax-m3").thinks_inline
    assert not catalog.find("minimax/m2-her").thinks_inline
    assert not catalog.find("gpt-4o").thinks_inline


def test_every_override_names_known_ids_a_date_and_a_reason() -> None:
    for each in OVERRIDES:
        assert each.date.startswith("20")
        assert each.reason
        assert all(catalog.find(name).known for name in each.ids)
    for name, twin in TWINS.items():
        assert catalog.find(name).shapes
        assert list(catalog.find(name).shapes) == list(catalog.find(twin).shapes)


def test_the_users_own_facts_beat_everything_and_leave_the_old_catalog_alone() -> None:
    mine = dataclasses.replace(catalog.find("minimax/m2"), thinks_inline=False, context=7)
    new = Facts(id="mine/new", aliases=("mine",), kind="chat", status="listed")
    changed = catalog.with_facts(mine, new)
    assert changed.find("minimax/m2").context == 7
    assert not changed.find("minimax/m2").thinks_inline
    assert changed.find("mine").kind == "chat"
    assert changed.find("mine").id == "mine"
    assert changed.find("mine/new").known
    assert "mine/new" in [facts.id for facts in changed.models(kind="chat")]
    assert catalog.find("minimax/m2").thinks_inline
    assert not catalog.find("mine/new").known


def test_every_id_resolves_and_every_live_text_model_has_a_path() -> None:
    for facts in shipped.models(status=None):
        assert facts.known
        assert facts.status
        if facts.kind in ("chat", "responses", "messages"):
            assert facts.shapes, facts.id
    assert all(facts.shapes for facts in shipped.models())


def test_invented_names_do_not_grow_the_memory_without_end() -> None:
    own = Catalog({"models": {}})
    for number in range(3_000):
        assert not own.find(f"invented/{number}").known
    assert len(own._found) <= 1_024


# --- questions -----


def test_models_are_filtered_by_kind_vendor_capability_and_status() -> None:
    claude = catalog.models(vendor="anthropic", capability=("vision", "tools"))
    assert claude
    assert all(facts.vendor == "anthropic" for facts in claude)
    ids = {facts.id for facts in catalog.models(capability="web_search")}
    assert {"perplexity/sonar", "anthropic/claude-opus-5"} <= ids
    assert "dall-e-3" in {f.id for f in catalog.models(kind="image", status="deprecated")}
    assert "dall-e-3" not in {f.id for f in catalog.models(kind="image")}
    assert {f.kind for f in catalog.models(capability="embeddings")} == {"embedding"}
    assert (
        len(catalog.models(status=None))
        > len(catalog.models())
        > len(catalog.models(status="documented"))
    )


@pytest.mark.parametrize(
    ("model", "can", "cannot"),
    [
        (
            "gpt-4o",
            {"tools", "images", "structured_output", "responses"},
            {"reasoning", "messages"},
        ),
        ("claude-sonnet-4-20250514", {"tools", "images", "reasoning", "pdf"}, {"audio_input"}),
        ("deepseek/deepseek-chat", {"tools", "json_mode", "pdf"}, {"structured_output"}),
        ("openai/gpt-chat-latest", {"tools", "images", "structured_output"}, set()),
        ("anthropic/claude-opus-5", {"web_search", "reasoning", "pdf"}, {"structured_output"}),
        ("deepseek/deepseek-r1", {"chat", "streaming"}, {"tools", "images"}),
        ("alibaba/qwen3.5-omni-plus", {"audio_output", "audio_input", "video_input"}, set()),
        ("nvidia/nemotron-3-ultra-550b-a55b", {"tools"}, {"streaming", "images"}),
        ("whisper-large", {"transcription"}, {"chat", "tools"}),
        ("openai/gpt-image-1", {"image_generation", "image_editing"}, {"chat"}),
        ("google/gemma-3-4b-it", {"chat"}, {"system", "tools"}),
        ("minimax/m2", {"reasoning", "chat"}, set()),
        ("openai/gpt-5-image", {"image_output", "chat"}, set()),
    ],
)
def test_capabilities_follow_from_the_facts(model: str, can: set[str], cannot: set[str]) -> None:
    found = catalog.capabilities(model)
    assert can <= found
    assert not cannot & found
    assert catalog.find(model).capabilities == found


def test_capabilities_follow_facts_that_a_user_changes() -> None:
    facts = catalog.find("gpt-4o")
    assert {"tools", "images", "structured_output"} <= facts.capabilities
    assert facts.listed_capabilities == frozenset()
    mute = dataclasses.replace(
        facts, shapes={CHAT: dataclasses.replace(chat("gpt-4o"), tools=None)}
    )
    assert "tools" not in mute.capabilities
    listed = dataclasses.replace(facts, listed_capabilities=frozenset({"vision", "dance"}))
    assert {"images", "dance"} <= listed.capabilities


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ({"capability": "toolz"}, "no model has the capability 'toolz': did you mean 'tools'"),
        ({"capability": ("tools", "visionn")}, "'visionn'"),
        ({"kind": "chatt"}, "no model has the kind 'chatt': did you mean 'chat'"),
        ({"vendor": "opena"}, "did you mean 'openai'"),
        ({"status": "alive"}, "did you mean 'live'"),
        ({"kind": "zzz"}, "known are"),
    ],
)
def test_a_word_that_no_model_has_is_an_error_with_the_nearest(
    wrong: dict[str, Any], nearest: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(nearest)):
        catalog.models(**wrong)


# --- spellings -----


@pytest.mark.parametrize(
    ("asked", "facts_of"),
    [
        ("openai/text-embedding-3-small", "text-embedding-3-small"),
        ("anthropic/voyage-2", "voyage-2"),
        ("text-embedding-v4", "alibaba/text-embedding-v4"),
        ("openai/o3-mini", "o3-mini"),
        ("gpt-5.1", "openai/gpt-5.1"),
        ("sonar", "perplexity/sonar"),
        ("deepseek/deepseek-reasoner", "deepseek-reasoner"),
        ("openai/gpt-4", "gpt-4"),
        ("xai/grok-4-3", "x-ai/grok-4-3"),
        ("grok-4.3", "x-ai/grok-4-3"),
        ("GPT-4O", "openai/gpt-4o"),
        ("openai/gpt-4o-2099-01-01", "openai/gpt-4o"),
        ("gpt-4o-latest", "openai/gpt-4o"),
        ("claude-opus-4.8", "anthropic/claude-opus-4.8"),
        ("claude-opus-4-8-20270101", "anthropic/claude-opus-4-8"),
        ("kimi-k3", "moonshot/kimi-k3"),
    ],
)
def test_another_spelling_finds_the_same_facts_and_goes_out_as_written(
    asked: str, facts_of: str
) -> None:
    found, home = catalog.find(asked), catalog.find(facts_of)
    assert found.id == asked
    assert found.known
    assert found.listed_as == facts_of
    assert found.shapes == home.shapes
    assert found.prices == home.prices
    assert home.listed_as is None


def test_no_spelling_leads_to_another_route() -> None:
    # dashes and dots are two routes of Claude; two namespaces are two routes of GLM and Kimi
    assert catalog.find("anthropic/claude-opus-5.1").listed_as is None
    assert catalog.find("z-ai/glm-5.2").listed_as is None
    assert catalog.find("zhipu/glm-5.2").shapes != catalog.find("z-ai/glm-5.2").shapes
    # a slip of the hand is no spelling
    assert not catalog.find("opnai/gpt-4o").known
    assert not catalog.find("gpt-4oo").known


def test_every_other_spelling_of_the_list_leads_home() -> None:
    aliases = shipped._layers._names
    assert len(aliases) > 300
    for other, home in aliases.items():
        found = shipped.find(other)
        assert (found.id, found.listed_as, found.known) == (other, home, True)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("gpt4o", "gpt-4o"),
        ("gpt-4.1", "openai/gpt-4.1"),
        ("claude-opus-4.8", "claude-opus-4-8"),
        ("google/gemini-2.5-flsh", "google/gemini-2.5-flash"),
        ("deepseek-v4-pro", "deepseek/deepseek-v4-pro"),
        ("GPT-4O", "gpt-4o"),
        ("veo3", "google/veo3"),
    ],
)
def test_the_nearest_name_is_the_one_that_was_meant(asked: str, wanted: str) -> None:
    assert catalog.nearest(asked)[0] == wanted


def test_nothing_is_suggested_for_a_name_like_no_other() -> None:
    assert shipped.nearest("zzzzqqqq-7") == []
    assert len(shipped.nearest("gpt", n=2)) <= 2


def test_only_live_names_are_suggested() -> None:
    for asked in ("dall-e-3", "gpt-4-turbo", "claude-3-opus-latest", "#g1_aura-2-zeus-en"):
        for name in shipped.nearest(asked, n=5):
            assert shipped.find(name).status in ("listed", "documented")
            assert not name.startswith("#")


OWN = {"openai/gpt-5.3-chat": "openai/gpt-5.3-codex"}


def test_what_ends_says_when_and_what_replaces_it() -> None:
    gone = catalog.find("openai/gpt-5.3-chat")
    assert (gone.status, gone.shutdown_at, gone.replacement) == (
        "withdrawn", "2026-08-10", "openai/gpt-5.3-codex",
    )  # fmt: skip
    assert catalog.find("#g1_aura-2-zeus-en").status == "superseded"
    assert "openai/gpt-5.3-chat" not in {facts.id for facts in catalog.models()}


def test_a_replacement_is_live_and_of_a_kind_that_can_stand_in() -> None:
    text = {"chat", "responses", "messages", None}
    for old, new in REPLACEMENTS.items():
        gone, there = catalog.find(old), catalog.find(new)
        assert gone.status in ("deprecated", "withdrawn"), old
        assert there.status in ("listed", "documented"), new
        assert gone.kind == there.kind or {gone.kind, there.kind} <= text, (old, new)
        assert catalog.replacement(old) == (new if gone.status == "deprecated" else OWN[old])
    assert catalog.replacement("gpt-4o") is None
    assert catalog.replacement("nobody/knows") is None


def test_capable_names_live_models_of_several_vendors() -> None:
    names = catalog.capable("images")
    assert len(names) == 5
    assert len({catalog.find(name).vendor for name in names}) == 5
    assert all("images" in catalog.capabilities(name) for name in names)
    with pytest.raises(ValueError, match="no model has the capability"):
        catalog.capable("no such thing")


def test_a_profile_says_what_is_known_and_is_a_fresh_dictionary() -> None:
    first = catalog.profile("anthropic/claude-opus-5")
    assert first["tool_calling"]
    assert first["image_inputs"]
    assert first["reasoning_output"]
    assert first["max_input_tokens"] == 1_000_000
    assert first["status"] == "active"
    assert not first["structured_output"]
    assert not first["temperature"]
    first.clear()
    assert catalog.profile("anthropic/claude-opus-5")
    assert catalog.profile("somebody/something") == {}
    assert catalog.profile("openai/gpt-5-mini")["reasoning_effort_levels"] == [
        "minimal", "low", "medium", "high",
    ]  # fmt: skip
    assert not catalog.profile("openai/gpt-4o")["reasoning_output"]
    assert "reasoning_effort_levels" not in catalog.profile("openai/gpt-4o")
    assert catalog.profile("openai/gpt-4.1-mini")["max_output_tokens"] == 32_768
    assert catalog.profile("openai/gpt-5.4-nano")["max_input_tokens"] == 272_000
    # what the API decides is not said
    assert "tool_calling" not in catalog.profile("alibaba/qwen3.8-27b")
    assert catalog.profile("deepseek/deepseek-r1")["tool_calling"] is False


def test_every_key_of_every_profile_is_one_that_langchain_knows() -> None:
    from langchain_core.language_models.model_profile import ModelProfile

    keys = {key for name in shipped.ids() for key in shipped.profile(name)}
    assert keys <= set(ModelProfile.__annotations__)
    assert {"tool_calling", "image_inputs", "max_input_tokens", "structured_output"} <= keys


# --- values -----


def test_a_problem_names_the_limit_and_never_the_value() -> None:
    params = chat("gpt-4o").params or {}
    assert problem(params["temperature"], 0) is None
    assert problem(params["temperature"], 3) == "must be at most 2"
    assert problem(params["seed"], 0) == "must be at least 1"
    assert problem(params["temperature"], "secret") == "must be number"
    assert not fits(params["stream_options"], {})
    budget = (chat("claude-sonnet-4-20250514").params or {})["thinking"]
    assert fits(budget, {"type": "enabled", "budget_tokens": 1024})
    assert not fits(budget, {"type": "enabled", "budget_tokens": 10})
    assert fits(params["max_tokens"], 5)
    assert not fits(params["max_tokens"], True)


# --- weight -----

PROBE = """
import sys
from langchain_aimlapi.catalog import Catalog
assert not [n for n in sys.modules if n.split(".")[0] in ("langchain_core", "httpx", "pydantic")]
catalog = Catalog.default()
catalog.find("gpt-4o")
print(len(catalog._found))
"""


def test_a_lookup_loads_nothing_heavy_and_builds_one_model_only() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
    assert catalog.find("gpt-4o") is catalog.find("gpt-4o")
