"""The import wall: each room knows only the rooms below it, and importing costs next to nothing."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Container, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import langchain_aimlapi

PACKAGE = Path(langchain_aimlapi.__file__).parent
NAME = "langchain_aimlapi"

# From the ground up; a module may import from its own floor and from those below it.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "_json", "_version", "_domain"}),
    frozenset({"_wire", "catalog"}),
    frozenset({"_fitting", "_answers"}),
    frozenset({"_dialects", "_transport"}),
    # Endpoints perform nothing; their media results can be saved, which the drivers do.
    frozenset({"endpoints"}),
    frozenset({"_connection"}),
    frozenset({"_langchain", "_litellm"}),
    frozenset(
        {
            "assistants",
            "bulk",
            "chat_models",
            "client",
            "constants",
            "decisions",
            "document_loaders",
            "downloads",
            "embeddings",
            "image_models",
            "litellm_provider",
            "litellm_team",
            "llms",
            "media_models",
            "messages",
            "middleware",
            "progress",
            "moderation",
            "registration",
            "retrievers",
            "spend",
            "tools",
            "tracing",
            "video_models",
        }
    ),
    frozenset({"cli", "__init__"}),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# Only these may import these libraries: LiteLLM's own exceptions are made of httpx objects.
ALLOWED = {
    "httpx": {"_transport", "emulator", "_litellm"},
    "aiohttp": {"_transport"},
    "litellm": {"litellm_provider", "_litellm"},
    "langchain": {"middleware"},
    "langgraph": {"middleware"},
    "langchain_core": {
        "errors",
        "_langchain",
        "assistants",
        "bulk",
        "chat_models",
        "decisions",
        "document_loaders",
        "embeddings",
        "image_models",
        "llms",
        "messages",
        "middleware",
        "moderation",
        "retrievers",
        "spend",
        "tools",
        "tracing",
        "video_models",
    },
    "pydantic": {
        "_connection",
        "_langchain",
        "_litellm",
        "assistants",
        "chat_models",
        "client",
        "decisions",
        "embeddings",
        "image_models",
        "llms",
        "media_models",
        "moderation",
        "retrievers",
        "tools",
        "video_models",
    },
    # JSON is read and written at the speed of pydantic's core, where bytes become values.
    "pydantic_core": {"_json", "_dialects", "_langchain", "catalog"},
}
# The drivers and the public fronts; elsewhere a thing is written once, for both colours.
ASYNC = {
    "_transport",
    "_connection",
    "_litellm",
    "_langchain",  # callbacks and output parsers, whose async twins LangChain asks for by name
    "assistants",
    "bulk",
    "chat_models",
    "client",
    "decisions",
    "document_loaders",
    "downloads",
    "embeddings",
    "emulator",
    "litellm_provider",
    "llms",
    "middleware",
    "media_models",
    "image_models",
    "moderation",
    "retrievers",
    "tools",
    "video_models",
}
ASYNC_IN_LANGCHAIN = {
    "media_model.py",
    "forced.py",
    "parsers.py",
    "repair.py",
    "runs.py",
    "retries.py",
    "batches.py",
    "batch_handle.py",
    "batched.py",
    "batching.py",
    "bulk_lane.py",
}


def files() -> Iterator[tuple[Path, str]]:
    """Every module of the package and the room it stands in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        first = path.relative_to(PACKAGE).parts[0]
        yield path, first.removesuffix(".py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Absolute dotted names of what a file imports at run time, with their lines."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    relative = path.relative_to(PACKAGE.parent).with_suffix("").parts
    for node in _statements(parsed(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(relative[: len(relative) - node.level]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


def _statements(block: ast.AST) -> Iterator[ast.AST]:
    """What runs somewhere in a block: its statements, and those within them; an expression has
    none, and is not looked through."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        inside = getattr(block, name, ())
        for node in inside if isinstance(inside, list) else ():
            if not _typing_only(node):
                yield node
                yield from _statements(node)


def _typing_only(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def own(name: str) -> str | None:
    """The room of the package that a dotted name leads to; None for other packages."""
    parts = name.split(".")
    if parts[0] != NAME:
        return None
    return parts[1] if len(parts) > 1 and parts[1] in {*FLOOR, "emulator"} else "__init__"


def dotted(path: Path) -> str:
    """The name that a module is imported by."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def modules() -> dict[str, set[str]]:
    """Every module of the package -> the modules of the package that it imports, at any place."""
    names = {dotted(path): path for path, _ in files()}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        wanted = (found for _, found in imports(path))
        graph[name] = {known for found in wanted if (known := _known(found, names)) is not None} - {
            name
        }
    return graph


def _known(name: str, names: Container[str]) -> str | None:
    """The module that ``name`` (a module, or something in one) leads to."""
    if name in names:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in names else None


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Modules that import each other, however long the way round."""
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return [list(error.args[1])]
    return []


def test_every_room_has_its_floor_and_every_floor_its_rooms() -> None:
    rooms = {room for _, room in files()} - {"emulator"}
    assert rooms == set(FLOOR)
    for names in (*ALLOWED.values(), ASYNC):
        assert names <= rooms | {"emulator"}


def test_only_two_private_modules_stand_loose() -> None:
    loose = {path.name for path in PACKAGE.glob("_*.py")} - {"__init__.py"}
    assert loose == {"_json.py", "_version.py"}


def test_no_two_modules_import_each_other() -> None:
    assert circles(modules()) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []


def test_no_import_climbs() -> None:
    # The command line may start the emulator, as a user would; nothing else of the client may.
    climbing = [
        f"{path.relative_to(PACKAGE)}:{line} ({room}) imports {name}"
        for path, room in files()
        if room != "emulator"
        for line, name in imports(path)
        if (other := own(name)) is not None
        and (room != "cli" if other == "emulator" else FLOOR[other] > FLOOR[room])
    ]
    assert climbing == []


def test_litellms_room_does_not_lean_on_langchains() -> None:
    """LangChain's tools alone take a second to import; no caller of LiteLLM needs them."""
    rooms = ("_langchain", "chat_models", "embeddings", "langchain_core")
    leaning = [
        f"{path.relative_to(PACKAGE)}:{line}: {name}"
        for path, room in files()
        if room in ("_litellm", "litellm_provider")
        for line, name in imports(path)
        if (own(name) or name.partition(".")[0]) in rooms
    ]
    assert leaning == []


def test_the_emulator_shares_nothing_with_the_client() -> None:
    shared = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path, room in files()
        if room == "emulator"
        for line, name in imports(path)
        if own(name) not in (None, "emulator")
    ]
    assert shared == []


@pytest.mark.parametrize("library", ALLOWED)
def test_a_library_is_imported_only_in_its_rooms(library: str) -> None:
    found = {
        f"{room}: {path.relative_to(PACKAGE)}:{line}"
        for path, room in files()
        for line, name in imports(path)
        if name.split(".")[0] == library and room not in ALLOWED[library]
    }
    assert found == set()


def test_the_wire_and_the_domain_import_only_the_standard_library() -> None:
    known = {*sys.stdlib_module_names, NAME}
    foreign = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path, room in files()
        if room in ("_wire", "_domain")
        for line, name in imports(path)
        if name.split(".")[0] not in known
    ]
    assert foreign == []


def test_async_and_await_stand_only_in_the_drivers_and_the_fronts() -> None:
    marks = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path, room in files()
        if room not in ASYNC or (room == "_langchain" and path.name not in ASYNC_IN_LANGCHAIN)
        for node in ast.walk(parsed(path))
        if isinstance(node, marks)
    ]
    assert found == []


def test_no_module_is_named_after_a_dependency() -> None:
    taken = {"httpx", "litellm", "pydantic", "langchain", "langchain_core", "openai", "uvicorn"}
    taken |= {"starlette", "typer", "anthropic", "langgraph"}
    named = {path.stem for path, _ in files()} | {path.parent.name for path, _ in files()}
    assert named & taken == set()


# --- what an import costs -----


def loaded_by(statement: str) -> set[str]:
    """Modules that a fresh interpreter has loaded after ``statement``."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("COV_")},
        "PYTHONPATH": str(PACKAGE.parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = {"httpx", "litellm", "langchain_core", "pydantic", "ssl", "asyncio", "openai", "anyio"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_by(f"import {NAME}")
    assert loaded & HEAVY == set()
    assert {m for m in loaded if m.startswith(NAME)} == {NAME, f"{NAME}._version"}


def test_the_chat_class_and_a_model_load_no_http_library() -> None:
    loaded = loaded_by(
        f"from {NAME} import ChatAimlapi\nChatAimlapi(model='openai/gpt-4o', api_key='k')"
    )
    assert loaded & {"httpx", "litellm", "openai", f"{NAME}._transport"} == set()


def test_the_emulator_is_not_loaded_by_the_client() -> None:
    loaded = loaded_by(f"from {NAME} import ChatAimlapi\nimport {NAME}._transport")
    assert not {m for m in loaded if m.startswith(f"{NAME}.emulator")}
    assert "litellm" not in loaded


def test_every_exported_name_is_there_and_listed() -> None:
    for name in langchain_aimlapi.__all__:
        assert getattr(langchain_aimlapi, name) is not None
    assert dir(langchain_aimlapi) == sorted(langchain_aimlapi.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        langchain_aimlapi.nonsense  # noqa: B018 - the access is what is tested
