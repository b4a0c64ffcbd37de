"""What every test can use. Nothing here reaches beyond this machine."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

from langchain_aimlapi._fitting.lessons import MEMORY
from tests.harness.paths import PUBLISHED

SAMPLE = 6  # rows of a table that `make test` plays
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
# langchain-core before 1.8 has no decisions, and its LangChain none of the middleware that decides.
collect_ignore = (
    []
    if find_spec("langchain_core.decisions")
    else ["integration_tests/test_builtin_middleware.py", "integration_tests/test_decisions.py"]
)
os.environ.setdefault("LANGCHAIN_TESTS_USER_AGENT", "langchain-aimlapi tests (offline)")


def pytest_configure(config: pytest.Config) -> None:
    """The same examples in every run, more where no test is left out, and no verdict on the speed
    of the machine. Random search belongs to `make fuzz`; what it finds becomes an example.
    """
    settings.register_profile(
        "repeatable",
        max_examples=30 if _left_out(config.option.markexpr) else 300,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("repeatable")
    gc.disable()


def pytest_collection_finish() -> None:
    """Fifteen thousand tests and what they import stay until the end: the garbage collector need
    not look through them again and again, which took a quarter of the time of collecting and up to
    three seconds of each test that calls it.
    """
    gc.freeze()
    gc.enable()


@cache
def _left_out(markers: str) -> frozenset[str]:
    """The marks of tests that ``-m "not slow and not peer"`` leaves out."""
    only_nots = re.fullmatch(r"not \w+(?: and not \w+)*", markers)
    return frozenset(re.findall(r"not (\w+)", only_nots[0])) if only_nots else frozenset()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file of tests that are all left out is not imported."""
    left_out = _left_out(config.option.markexpr)
    if not left_out or collection_path.suffix != ".py":
        return None
    text = collection_path.read_text(encoding="utf-8")
    marks = re.search(r"^pytestmark = (?:\[.*?^\]|.*?$)", text, re.MULTILINE | re.DOTALL)
    names = re.findall(r"pytest\.mark\.(\w+)", marks[0] if marks else "")
    return True if left_out & set(names) else None


def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """The rows of a table that is left out are not made either."""
    marks = getattr(obj, "pytestmark", ())
    names = {mark.name for mark in marks} if isinstance(marks, list) else set()
    return [] if _left_out(collector.config.option.markexpr) & names else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A few rows of each test are its sample: always the same ones, from all over its table."""
    if "table" not in _left_out(config.option.markexpr):
        return
    tables: dict[str, list[pytest.Item]] = {}
    for item in items:
        tables.setdefault(item.nodeid.partition("[")[0], []).append(item)
    left_out = {
        item
        for rows in tables.values()
        for item in sorted(rows, key=lambda row: crc32(row.nodeid.encode()))[SAMPLE:]
    }
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What other packages leave open is collected in the tests that allow it, so that no other
    test meets it, whenever the garbage collector comes by.
    """
    if nextitem is not None and _may_leave_open(item) and not _may_leave_open(nextitem):
        gc.collect()


def _may_leave_open(item: pytest.Item) -> bool:
    marks = item.iter_markers("filterwarnings")
    return any("ignore::ResourceWarning" in mark.args for mark in marks)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the keys and proxies of the machine that it runs on."""
    for name in list(os.environ):
        if name.startswith(("AIMLAPI_API_", "AIML_", "OPENAI_", "ANTHROPIC_")) or name.lower() in (
            "http_proxy",
            "https_proxy",
            "all_proxy",
        ):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    """No test meets what a call of another one has learned in this process."""
    MEMORY.clear()
    yield
    MEMORY.clear()


@pytest.fixture(scope="session")
def shared() -> Path:
    """What the API publishes: facts, recorded answers and streams (see tests/harness/digest)."""
    return PUBLISHED


@pytest.fixture(params=["sync", "async"])
def colour(request: pytest.FixtureRequest) -> str:
    """Every behaviour holds in both colours."""
    return str(request.param)
