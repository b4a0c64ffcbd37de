"""`Catalog`: layers, filters, suggestions and profiles, on the facts that ship with the package."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from langchain_aimlapi.catalog import Catalog, Facts, Shape
from langchain_aimlapi.catalog.check import fits, problem
from langchain_aimlapi.catalog.overrides import OVERRIDES, REPLACEMENTS, TWINS
from langchain_aimlapi.catalog.shapes import CHAT, MESSAGES, RESPONSES

catalog = Catalog.default()
# One id of every cluster A to N of the chat schemas: what the documentation says of it.
CLUSTERS = {
    "A": "moonshotai/kimi-k3",
    "B": "gpt-4o",
    "C": "google/gemini-2.5-pro",
    "D": "anthropic/claude-opus-4-5",
    "E": "google/gemini-3-5-flash",
    "F": "deepseek/deepseek-r1",
    "G": "anthropic/claude-opus-5",
    "H": "deepseek/deepseek-v4-pro",
    "J": "perplexity/sonar",
    "K": "google/gemma-3-4b-it",
    "L": "xiaomi/mimo-v2.5",
    "M": "alibaba/qwen3-omni-30b-a3b-captioner",
    "N": "nvidia/nemotron-3-ultra-550b-a55b",
}


def chat(model: str) -> Shape:
    return catalog.find(model).shapes[CHAT]


# --- facts -----------------------------------------------------------------------------------


def test_clusters_differ_where_the_documentation_says_so() -> None:
    shapes = {letter: chat(model) for letter, model in CLUSTERS.items()}
    assert shapes["A"].roles["tool"].list
    assert not shapes["B"].roles["tool"].list
    assert shapes["A"].roles["assistant"].null
    assert not shapes["B"].roles["assistant"].null
    assert shapes["B"].roles["developer"].closed
    assert not shapes["A"].roles["developer"].closed
    assert "developer" not in shapes["C"].roles
    assert shapes["D"].dialect == "messages"
    assert set(shapes["D"].roles) == {"user", "assistant"}
    assert shapes["D"].roles["user"].max_parts == 5
    assert shapes["D"].roles["user"].closed
    assert shapes["D"].tools == frozenset({"anthropic"})
    assert shapes["F"].tools == frozenset()
    assert shapes["G"].accepts_anthropic
    assert shapes["G"].other is not None
    assert shapes["G"].other.dialect == "messages"
    assert set(shapes["K"].roles) == {"user", "assistant"}
    assert set(shapes["J"].roles) == {"user", "assistant", "system"}
    assert shapes["M"].roles["user"].parts == frozenset({"input_audio"})
    assert not shapes["M"].roles["user"].string
    assert not shapes["N"].roles["user"].list
    assert not shapes["N"].streams


def test_the_preferred_path_comes_first() -> None:
    first = {
        model: next(iter(catalog.find(model).shapes.values()))
        for model in (
            "gpt-4o",
            "x-ai/grok-4-3",
            "openai/gpt-5-1-codex",
            "openai/o3-pro",
            "anthropic/claude-opus-4-1-20250805",
            "anthropic/claude-opus-4-5",
        )
    }
    assert [(shape.path, shape.dialect) for shape in first.values()] == [
        (CHAT, "completions"),
        (CHAT, "completions"),
        (RESPONSES, "responses"),
        (RESPONSES, "responses"),
        (MESSAGES, "messages"),
        (CHAT, "messages"),
    ]
    assert list(catalog.find("gpt-4o").shapes) == [CHAT, RESPONSES]


def test_messages_and_responses_shapes_tell_both_forms_and_the_items() -> None:
    messages = catalog.find("anthropic/claude-opus-4-1-20250805").shapes[MESSAGES]
    assert messages.accepts_openai
    assert messages.other is not None
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


def test_two_models_of_one_schema_can_differ_by_branch() -> None:
    old = catalog.find("claude-opus-4-6").shapes[MESSAGES].params or {}
    new = catalog.find("claude-opus-4-7").shapes[MESSAGES].params or {}
    assert "temperature" in old
    assert "temperature" not in new


def test_paths_without_a_conversation_have_parameters_too() -> None:
    embedding = catalog.find("text-embedding-3-small")
    shape = embedding.shapes["/v1/embeddings"]
    assert (embedding.kind, shape.dialect, shape.closed) == ("embedding", "none", True)
    assert shape.required == {"input"}
    video = catalog.find("google/veo3").shapes["/v2/video/generations"]
    assert video.params is not None
    assert video.params["duration"].enum == (4, 6, 8)
    assert list(catalog.find("openai/gpt-image-1").shapes) == [
        "/v1/images/generations",
        "/v1/images/edits",
    ]


# --- layers ----------------------------------------------------------------------------------


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
        assert catalog.find(name).shapes == catalog.find(twin).shapes
        assert catalog.find(twin).shapes


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
    for facts in catalog.models(status=None):
        assert facts.known
        assert facts.status
        if facts.kind in ("chat", "responses", "messages"):
            assert facts.shapes, facts.id
    assert all(facts.shapes for facts in catalog.models())


def test_invented_names_do_not_grow_the_memory_without_end() -> None:
    own = Catalog({"models": {}})
    for number in range(3_000):
        assert not own.find(f"invented/{number}").known
    assert len(own._found) <= 1_024


# --- questions -------------------------------------------------------------------------------


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
        ("anthropic/claude-opus-4-5", {"tools", "images", "reasoning", "pdf"}, {"audio_input"}),
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


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("gpt4o", "gpt-4o"),
        ("gpt-4.1", "openai/gpt-4.1-2025-04-14"),
        ("openai/gpt-5.1", "openai/gpt-5-1"),
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
    assert catalog.nearest("zzzzqqqq-7") == []
    assert len(catalog.nearest("gpt", n=2)) <= 2


def test_only_live_names_are_suggested() -> None:
    for asked in ("dall-e-3", "gpt-4-turbo", "claude-3-opus-latest", "#g1_aura-2-zeus-en"):
        for name in catalog.nearest(asked, n=5):
            assert catalog.find(name).status in ("listed", "documented")
            assert not name.startswith("#")


def test_a_replacement_is_live_and_of_a_kind_that_can_stand_in() -> None:
    text = {"chat", "responses", "messages", None}
    for old, new in REPLACEMENTS.items():
        gone, there = catalog.find(old), catalog.find(new)
        assert gone.status == "deprecated", old
        assert there.status in ("listed", "documented"), new
        assert gone.kind == there.kind or {gone.kind, there.kind} <= text, (old, new)
        assert catalog.replacement(old) == new
    assert catalog.replacement("gpt-4o") is None
    assert catalog.replacement("nobody/knows") is None


def test_capable_names_live_models_of_several_vendors() -> None:
    names = catalog.capable("images")
    assert len(names) == 5
    assert len({catalog.find(name).vendor for name in names}) == 5
    assert all("images" in catalog.capabilities(name) for name in names)
    assert catalog.capable("no such thing") == []


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
    assert catalog.profile("openai/gpt-5-mini-2025-08-07")["reasoning_effort_levels"] == [
        "low",
        "medium",
        "high",
    ]


def test_every_key_of_every_profile_is_one_that_langchain_knows() -> None:
    from langchain_core.language_models.model_profile import ModelProfile

    keys = {key for name in catalog.ids() for key in catalog.profile(name)}
    assert keys <= set(ModelProfile.__annotations__)
    assert {"tool_calling", "image_inputs", "max_input_tokens", "structured_output"} <= keys


# --- values ----------------------------------------------------------------------------------


def test_a_problem_names_the_limit_and_never_the_value() -> None:
    params = chat("gpt-4o").params or {}
    assert problem(params["temperature"], 0) is None
    assert problem(params["temperature"], 3) == "must be at most 2"
    assert problem(params["seed"], 0) == "must be at least 1"
    assert problem(params["temperature"], "secret") == "must be number"
    assert not fits(params["stream_options"], {})
    budget = (chat("claude-opus-4-8").params or {})["thinking"]
    assert fits(budget, {"type": "adaptive"})
    assert not fits(budget, {"type": "enabled", "budget_tokens": 10})
    assert fits(params["max_tokens"], 5)
    assert not fits(params["max_tokens"], True)


# --- weight ----------------------------------------------------------------------------------

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
