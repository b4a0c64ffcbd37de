"""Models that are newer than this package: refreshed from an API that is served, then used."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from langchain_aimlapi import AimlapiClient, AimlapiEmbeddings, Catalog, ChatAimlapi
from langchain_aimlapi.emulator import Emulator
from tests.harness import contract
from tests.harness.conformance.door import Door
from tests.harness.conformance.judge import FEATURES, judge
from tests.harness.conformance.published import MESSAGES, PATHS, Target
from tests.harness.paths import ROOT

# New id -> the model whose contract it has: of every form of chat, and of every other kind.
CHATS = {
    "novalab/nova-1": "openai/gpt-4o",
    "novalab/nova-1-think": "openai/gpt-5-5",
    "novalab/nova-code": "openai/gpt-5-1-codex",
    "novalab/nova-pro": "openai/gpt-5-pro",
    "clarity/prose-9": "anthropic/claude-opus-4-8",
    "clarity/prose-8": "claude-sonnet-4-5",
    "clarity/prose-dotted-9.1": "anthropic/claude-opus-4.8",
    "delta/deep-7": "deepseek/deepseek-v4-flash",
    "delta/deep-reason": "deepseek/deepseek-r1",
    "gamma/gem-5-small": "google/gemma-3-4b-it",
    "gamma/gem-5": "google/gemini-3-5-flash",
    "iota/glm-9": "zhipu/glm-5.2",
}
OTHERS = {
    "novalab/vectors-2": "openai/text-embedding-3-small",
    "gamma/vectors": "alibaba/text-embedding-v4",
    "flow/paint-3": "flux/schnell",
    "novalab/picture-2": "openai/gpt-image-1",
    "flow/film-4": "minimax/hailuo-02",
    "flow/song-5": "minimax/music-2.0",
    "novalab/voice-3": "openai/tts-1",
    "gamma/page-reader": "mistral/mistral-ocr-latest",
}
UNKNOWN = {**CHATS, **OTHERS}
SAMPLE = ("novalab/nova-1", "clarity/prose-9")


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    """The API with twenty models that this package has never heard of."""
    with Emulator() as api:
        for name, like in UNKNOWN.items():
            api.models.add(name, like=like, status="live")
        yield api.serve()


@pytest.fixture(scope="module")
def refreshed(served: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The catalog after one refresh."""
    client = AimlapiClient(**served.settings())
    folder = tmp_path_factory.mktemp("catalog")
    return Catalog.default().refresh(client, schemas=list(UNKNOWN), directory=folder)


def test_twenty_are_unknown_before_and_known_after(refreshed: Catalog) -> None:
    assert len(UNKNOWN) == 20
    assert not any(Catalog.default().find(name).known for name in UNKNOWN)
    for name, like in UNKNOWN.items():
        facts, old = refreshed.find(name), Catalog.default().find(like)
        assert facts.known
        assert facts.shapes
        assert facts.sources["row"].startswith("http://127.0.0.1")
        assert facts.kind == old.kind
        assert set(facts.shapes) <= {*old.shapes, "/v1/images/edits", "/v1/batches"}


async def test_a_new_id_is_used_in_one_call(
    served: Emulator, refreshed: Catalog, colour: str
) -> None:
    client = AimlapiClient(catalog=refreshed, **served.settings())
    for name in CHATS:
        chat = ChatAimlapi(model=name, catalog=refreshed, **served.settings())
        answer = chat.invoke("Hello") if colour == "sync" else await chat.ainvoke("Hello")
        assert answer.text, name
    for name in ("novalab/vectors-2", "gamma/vectors"):
        made = AimlapiEmbeddings(model=name, catalog=refreshed, **served.settings())
        found = made.embed_query("a") if colour == "sync" else await made.aembed_query("a")
        assert len(found) > 10, name
    for name in ("flow/paint-3", "novalab/picture-2"):
        given: dict[str, Any] = {"model": name, "prompt": "a cat"}
        calls = client.images
        image = calls.generate(**given) if colour == "sync" else await calls.agenerate(**given)
        assert image.images, name
    given = {"model": "flow/film-4", "prompt": "a cat", "duration": 6}
    film = client.video
    job = film.submit(**given) if colour == "sync" else await film.asubmit(**given)
    assert job.id


class RefreshedDoor(Door):
    """The public door, with what was refreshed."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self.catalog = catalog

    def model(self, model: str, **fields: Any) -> ChatAimlapi:
        return super().model(model, catalog=self.catalog, **fields)


def target(api: Emulator, name: str) -> Target:
    """The id with the schemas that the API itself prints for it."""
    schemas: dict[str, str] = {}
    with httpx.Client(base_url=api.base_url, trust_env=False) as client:
        rows = [row for row in client.get("/models").json()["data"] if row["id"] == name]
        documents = [client.get(row["info"]["docsJson"]).json() for row in rows]
    for document in documents:
        for path, operation in document["paths"].items():
            body = operation["post"]["requestBody"]["content"]["application/json"]["schema"]
            key = f"{name} at {path}"
            contract.EXTRA[key] = body
            schemas[path] = key
    streams = {
        path: path == MESSAGES or "stream" in contract.EXTRA[key].get("properties", {})
        for path, key in schemas.items()
    }
    return Target(name, {path: key for path, key in schemas.items() if path in PATHS}, streams)


def _as_printed(api: Emulator, name: str) -> Target:
    """The target; its ``model`` is any text, since the judge has a name of its own there."""
    found = target(api, name)
    for key in found.schemas.values():
        body = contract.EXTRA[key]
        fields = {**body.get("properties", {}), "model": {"type": "string"}}
        contract.EXTRA[key] = {**body, "properties": fields}
    return found


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in SAMPLE else pytest.mark.table) for n in CHATS]
)
@pytest.mark.slow
def test_every_feature_goes_out_as_the_printed_schema_wants_it(
    served: Emulator, refreshed: Catalog, name: str
) -> None:
    door, found = RefreshedDoor(refreshed), _as_printed(served, name)
    try:
        verdicts = [
            judge(found, feature, feature.modes[at % len(feature.modes)], door, None)
            for at, feature in enumerate(FEATURES)
        ]
    finally:
        door.close()
    assert [v for v in verdicts if v.outcome == "wrong"] == []
    assert sum(v.outcome == "valid" for v in verdicts) > len(FEATURES) // 4


@pytest.mark.slow
def test_what_has_not_changed_is_not_sent_again(served: Emulator, tmp_path: Path) -> None:
    client = AimlapiClient(**served.settings())
    Catalog.default().refresh(client, directory=tmp_path)
    before = len(served.requests)
    Catalog.default().refresh(client, directory=tmp_path)
    assert [request.status for request in served.requests[before:]] == [304, 304]
    served.models.add("novalab/newest", like="openai/gpt-4o")
    before = len(served.requests)
    fresh = Catalog.default().refresh(client, directory=tmp_path)
    assert [request.status for request in served.requests[before:]] == [200, 304]
    assert fresh.find("novalab/newest").status == "listed"


_PROCESS = """
import sys
from langchain_aimlapi import AimlapiClient, Catalog
from pathlib import Path
client = AimlapiClient(base_url=sys.argv[1], api_key="emulator-key")
for _ in range(3):
    Catalog.default().refresh(client, schemas=sys.argv[3:], directory=Path(sys.argv[2]))
    found = Catalog.saved(sys.argv[1], directory=Path(sys.argv[2]))
    assert all(found.find(name).shapes for name in sys.argv[3:])
print("done")
"""


@pytest.mark.slow
def test_several_processes_refresh_one_folder_at_once(served: Emulator, tmp_path: Path) -> None:
    names = ["novalab/nova-1", "clarity/prose-9", "flow/paint-3"]
    command = [sys.executable, "-c", _PROCESS, served.base_url, str(tmp_path), *names]

    def run(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
        )

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(run, range(4)))
    assert [each.stdout.strip() for each in ended] == ["done"] * 4, ended[0].stderr[-500:]
    assert not list(tmp_path.rglob(".new-*"))
