"""The emulator takes and refuses what the contract takes and refuses, on every path, for every id.

Both are asked about the same bodies: one that fits, and hundreds that differ from it in one place.
Refused without reason and taken without reason are counted apart; neither may pass one in a
hundred, and no body may break the emulator.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from langchain_aimlapi import Catalog
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.emulator._core import Call
from langchain_aimlapi.emulator._models import CONTRACT, WITHDRAWN
from langchain_aimlapi.emulator.contract import generate
from tests.harness.paths import PUBLISHED
from tests.integration_tests.emulator import oracle
from tests.integration_tests.emulator.bodies import WRONG, around

Json = dict[str, Any]
HI = {"role": "user", "content": "hi"}
URI = jsonschema.FormatChecker(formats=())


@URI.checks("uri")
def _is_link(value: object) -> bool:
    """The gateway's validator asks ``new URL``, which wants a scheme and, for http, a host."""
    if not isinstance(value, str):
        return True
    scheme, colon, rest = value.partition(":")
    good = bool(colon) and scheme[:1].isalpha() and bool(rest)
    return good and (not scheme.startswith("http") or (len(rest) > 2 and rest.startswith("//")))


@pytest.fixture(scope="module")
def api() -> Iterator[Emulator]:
    plain = {"check_history": False, "check_signatures": False, "check_context": False}
    with Emulator(balance=10**9, **plain) as emulator:  # type: ignore[arg-type]  # all booleans
        yield emulator


def status_of(api: Emulator, path: str, body: Any) -> int:
    """What the emulator answers; an error inside it is raised here."""
    api.requests.clear()
    headers = {"authorization": f"Bearer {api.api_key}", "content-type": "application/json"}
    call = Call("POST", path, (), headers, json.dumps(body).encode(), "https://aimlapi.emulator")
    answer, record = api.handle(call)
    if record.error is not None:
        raise AssertionError(f"{path} {json.dumps(body)[:400]}") from record.error
    for step in answer.steps:  # a stream is made while it is read
        assert step is not None
    return answer.status


def one_of_each(api: Emulator, path: str) -> list[tuple[str, Json]]:
    """One model for every pair of schemas: the emulator's and the contract's."""
    seen: dict[tuple[int, str], tuple[str, Json]] = {}
    for model in api.models.all():
        if path not in model.takes or model.status == WITHDRAWN:
            continue
        schema = oracle.truth(model.name, path)
        if schema is not None:
            pair = (model.takes[path], json.dumps(schema, sort_keys=True))
            seen.setdefault(pair, (model.name, schema))
    return list(seen.values())


def compare(api: Emulator, path: str, models: list[tuple[str, Json]], most: int) -> Counter[str]:
    """How many bodies were asked about, wrongly refused, wrongly taken; some of them by name."""
    counts: Counter[str] = Counter()
    examples: list[str] = []
    for model, schema in models:
        validator = jsonschema.Draft202012Validator(schema, format_checker=URI)
        for body in around(schema, model, most):
            good = validator.is_valid(body) and not oracle.names_one_row_twice(path, body)
            status = status_of(api, path, body)
            counts["good" if good else "bad"] += 1
            if good is (status == 200):
                continue
            counts["refused" if good else "taken"] += 1
            examples.append(f"{model} {status} {json.dumps(body)[:600]}")
    rare = counts["refused"] <= counts["good"] / 100 and counts["taken"] <= counts["bad"] / 100
    assert rare, f"{counts} " + "\n".join(examples[:: max(1, len(examples) // 12)])
    return counts


@pytest.mark.parametrize("path", oracle.PATHS)
def test_a_sample_of_bodies_is_judged_as_the_contract_judges_them(api: Emulator, path: str) -> None:
    models = one_of_each(api, path)
    counts = compare(api, path, models[:: max(1, len(models) // 3)][:3], most=90)
    assert counts["good"] > 20
    assert counts["bad"] > 100


@pytest.mark.slow
@pytest.mark.parametrize("path", oracle.PATHS)
def test_every_body_is_judged_as_the_contract_judges_it(api: Emulator, path: str) -> None:
    counts = compare(api, path, one_of_each(api, path), most=250)
    assert counts["good"] > 50
    assert counts["bad"] > 200


def test_every_id_that_the_contract_names_is_served(api: Emulator) -> None:
    for path in oracle.PATHS:
        for name in [model.name for model in api.models.all() if path in model.takes]:
            if oracle.truth(name, path) is None or "captioner" in name:
                continue
            found = api.models.find(name)
            assert found is not None
            if found.status != WITHDRAWN and path in (oracle.CHAT, oracle.MESSAGES):
                body = {"model": name, "messages": [HI]}
                assert status_of(api, path, body) == 200, name


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


@pytest.mark.parametrize("model", ["zhipu/glm-5", "zhipu/glm-5.3", "glm-5v-turbo", "MiniMax-M3"])
def test_what_the_newer_contract_says_of_images_is_taken(api: Emulator, model: str) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": [IMAGE]}]}
    assert status_of(api, oracle.CHAT, body) == 200
    assert "images" in Catalog.default().capabilities(model)


@pytest.mark.parametrize(
    ("model", "status"),
    [
        ("zhipu/glm-5.3", 200),  # the vendor's own route: a switch, and other keys are dropped
        ("z-ai/glm-5.3", 400),  # another route, with none, low, medium and high
    ],
)
def test_an_effort_of_max_depends_on_the_route(api: Emulator, model: str, status: int) -> None:
    body = {"model": model, "messages": [HI], "reasoning_effort": "max"}
    assert status_of(api, oracle.CHAT, body) == status
    effort = (Catalog.default().find(model).shapes[oracle.CHAT].params or {}).get(
        "reasoning_effort"
    )
    assert (effort is None) is (status == 200)


EMBEDDERS = re.findall(
    r"\S+",
    """
    text-embedding-3-small openai/text-embedding-3-small text-embedding-3-large
    openai/text-embedding-3-large text-embedding-ada-002 openai/text-embedding-ada-002
    voyage-large-2-instruct anthropic/voyage-large-2-instruct voyage-finance-2
    anthropic/voyage-finance-2 voyage-multilingual-2 anthropic/voyage-multilingual-2 voyage-law-2
    anthropic/voyage-law-2 voyage-code-2 anthropic/voyage-code-2 voyage-large-2
    anthropic/voyage-large-2 voyage-2 anthropic/voyage-2 text-multilingual-embedding-002
    google/text-multilingual-embedding-002 text-embedding-v4 alibaba/text-embedding-v4
    text-embedding-v3 alibaba/text-embedding-v3 alibaba/qwen-text-embedding-v4
    alibaba/qwen-text-embedding-v3 test/dummy-embeddings
""",
)


def test_every_live_name_of_an_embedding_model_is_served_and_known(api: Emulator) -> None:
    assert len(EMBEDDERS) == 29
    for name in EMBEDDERS:
        body = {"model": name, "input": "a text"}
        assert status_of(api, oracle.EMBEDDINGS, body) == 200, name
        facts = Catalog.default().find(name)
        assert oracle.EMBEDDINGS in facts.shapes, name


ENDPOINTS = {
    "/v1/chat/completions": ("openai/gpt-4o", "anthropic/claude-opus-5", "test/dummy"),
    "/v1/messages": ("claude-opus-5", "claude-sonnet-4-5"),
    "/v1/responses": ("openai/gpt-4o", "x-ai/grok-4-3"),
    "/v1/embeddings": ("text-embedding-3-small", "voyage-2", "test/dummy-embeddings"),
    "/v1/images/generations": ("flux/schnell", "openai/gpt-image-1", "triposr"),
    "/v1/images/edits": ("openai/gpt-image-1",),
    "/v2/video/generations": ("google/veo3", "test/dummy-video"),
    "/v2/generate/audio": ("elevenlabs/eleven_music", "test/dummy-audio"),
    "/v1/tts": ("openai/tts-1", "deepgram/aura-2", "test/dummy-tts"),
    "/v1/stt/create": ("nova-3-general", "test/dummy-stt"),
    "/v1/ocr": ("mistral-ocr-latest", "test/dummy-ocr"),
    "/v1/batches": ("claude-opus-5", "test/dummy-batches"),
    "/v1/decisions": ("typesafe/jev",),
}
NAMES = re.findall(
    r"\w+",
    """
    messages input tools tool_choice response_format text reasoning thinking stop n modalities
    stream stream_options system metadata prompt size image_size num_images dimensions url audio
    document pages requests params duration test seed max_tokens previous_response_id include
    instructions state questions voice audio_config document_annotation_format max_output_tokens
    background logit_bias type role content function custom name parameters id source data
    """,
)


def junk(chance: random.Random, depth: int = 0) -> Any:
    """Any JSON value, more often than not with names that mean something."""
    kind = chance.random()
    if depth > 4 or kind < 0.45:
        numbers = (10**30, -(10**30), 1e308, 0.999, "\ud800", "x" * 300)
        words = ("function", "message", "text", "user", "tool", "auto", "assistant", "json_schema")
        return chance.choice((*WRONG, *numbers, *words))
    if kind < 0.65:
        return [junk(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(NAMES): junk(chance, depth + 1) for _ in range(chance.randrange(5))}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_body_breaks_the_emulator(api: Emulator, path: str) -> None:
    chance = random.Random(path)
    for model in ENDPOINTS[path]:
        for _ in range(120):
            body = {chance.choice(NAMES): junk(chance) for _ in range(chance.randrange(1, 7))}
            assert status_of(api, path, {**body, "model": model}) < 500
    for body in (*WRONG, [{}], "text", {"model": []}, {"model": {}}, {"model": None}):
        assert status_of(api, path, body) in (400, 404)


@pytest.mark.parametrize("depth", [100, 900, 5_000])
def test_a_deeply_nested_body_is_a_400_or_taken(api: Emulator, depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    headers = {"authorization": f"Bearer {api.api_key}", "content-type": "application/json"}
    for field in ("metadata", "response_format", "messages"):
        body = f'{{"model":"openai/gpt-4o","messages":[],"{field}":{deep}}}'.encode()
        call = Call("POST", "/v1/chat/completions", (), headers, body, "https://aimlapi.emulator")
        answer, record = api.handle(call)
        assert answer.status in (200, 400)
        assert record.error is None


@pytest.mark.slow
def test_the_contract_is_what_its_generator_makes_of_the_published_facts() -> None:
    made = "".join(generate.lines(generate.Build(generate.Source(PUBLISHED)).run()))
    assert made == CONTRACT.read_text(encoding="utf-8")
