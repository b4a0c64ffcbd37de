"""The figures as a table, as JSON and against the targets."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.harness.benchmarks.items import ITEMS
from tests.harness.benchmarks.peers import PEERS
from tests.harness.benchmarks.run import Rounds
from tests.harness.benchmarks.startup import STARTS

Results = Mapping[str, Rounds]
_UNITS = {"us": "µs", "ms": "ms", "grown_kb": "KB"}
_MORE = {
    "kb": "KB a stream",
    "grown_mb": "MB grown",
    "wall_s": "s wall",
    "errors": "errors",
    "connections": "connections",
    "chunks": "chunks",
}
_DISTRIBUTIONS = (
    "langchain-core",
    "langchain-openai",
    "langchain-deepseek",
    "langchain-openrouter",
    "langchain-litellm",
    "litellm",
    "openai",
    "httpx",
    "pydantic",
)


def figures(rounds: Rounds, peer: str, figure: str) -> list[float]:
    """One figure of one contestant, a number a round; empty where it failed or is absent."""
    return [told[figure] for told in rounds.get(peer, []) if figure in told]


def middle(rounds: Rounds, peer: str, figure: str) -> float | None:
    """The median over the rounds."""
    found = figures(rounds, peer, figure)
    return median(found) if found else None


def ratio(rounds: Rounds, peer: str, base: str, figure: str) -> float | None:
    """Median over the rounds of ``peer`` divided by ``base`` in the same round."""
    pairs = zip(figures(rounds, peer, figure), figures(rounds, base, figure), strict=False)
    found = [one / other for one, other in pairs if other > 0]
    return median(found) if found else None


def base_of(rounds: Rounds) -> str:
    """Whom the others are compared with: this package, or its LiteLLM provider."""
    return next((name for name in ("litellm-aimlapi", "aimlapi") if name in rounds), "")


def item_table(name: str, rounds: Rounds) -> str:
    """One item as a markdown table."""
    item = ITEMS[name]
    unit = _UNITS[item.figure]
    base = base_of(rounds)
    lines = [
        f"### {item.title} (`{name}`)",
        "",
        f"| | min {unit} | median {unit} | max {unit} | × {PEERS[base].label if base else '-'} | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for peer, entries in rounds.items():
        found = figures(rounds, peer, item.figure)
        label = PEERS[peer].label
        if not found:
            why = entries[0].get("failed", "no figures") if entries else "not run"
            lines.append(f"| {label} | | | | | {why} |")
            continue
        times = ratio(rounds, peer, base, item.figure) if base else None
        told = f"{times:.2f}" if times is not None else ""
        cells = " | ".join(f"{value:.1f}" for value in (min(found), median(found), max(found)))
        lines.append(f"| {label} | {cells} | {told} | {_more(rounds, peer)} |")
    return "\n".join([*lines, ""])


def _more(rounds: Rounds, peer: str) -> str:
    told = []
    for figure, words in _MORE.items():
        value = middle(rounds, peer, figure)
        if value is not None and not (figure == "errors" and value == 0):
            told.append(f"{value:,.0f} {words}" if value >= 10 else f"{value:.1f} {words}")
    return ", ".join(told)


def starts_table(rounds: Rounds) -> str:
    """Imports and constructors as a markdown table."""
    lines = [
        "### Imports and constructors (new process each)",
        "",
        "| | import, CPU ms (min / median / max) | modules | HTTP libraries | "
        "first model, ms | further model, µs |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for name, entries in rounds.items():
        cpu = figures(rounds, name, "cpu_ms")
        if not cpu:
            lines.append(f"| {STARTS[name].label} | {entries[0].get('failed', '')} | | | | |")
            continue
        made = STARTS[name].make != "lambda: None"
        first = f"{middle(rounds, name, 'first_ms'):.2f}" if made else ""
        further = f"{middle(rounds, name, 'construct_us'):.0f}" if made else ""
        loaded = ", ".join(entries[0]["loaded"]) or "none"
        lines.append(
            f"| {STARTS[name].label} | {min(cpu):.1f} / {median(cpu):.1f} / {max(cpu):.1f} | "
            f"{entries[0]['modules']} | {loaded} | {first} | {further} |"
        )
    return "\n".join([*lines, ""])


# --- targets -----


@dataclass(frozen=True)
class Target:
    """What a figure may be at most, and what it is (None where it was not measured)."""

    words: str
    most: float
    value: float | None

    @property
    def met(self) -> bool | None:
        """Whether it holds."""
        return None if self.value is None else self.value <= self.most


def _times(results: Results, item: str, base: str, peer: str = "aimlapi") -> float | None:
    return ratio(results[item], peer, base, ITEMS[item].figure) if item in results else None


def _above(rounds: Rounds | None, base: str, figure: str, peer: str = "aimlapi") -> float | None:
    if rounds is None:
        return None
    one, other = middle(rounds, peer, figure), middle(rounds, base, figure)
    return one - other if one is not None and other is not None else None


def targets(results: Results, starts: Rounds | None) -> list[Target]:
    """What the project promises about its speed, with what was measured now."""
    return [*_stream_targets(results), *_call_targets(results), *_start_targets(starts)]


def _stream_targets(results: Results) -> list[Target]:
    named = (
        ("text chunk, sync", "stream-text", "openai", 1 / 6),
        ("text chunk, sync", "stream-text", "minimal", 1.15),
        ("text chunk, async", "astream-text", "openai", 1 / 5),
        ("tool-call fragment, sync", "stream-tools", "openai", 1 / 4),
        ("tool-call fragment, async", "astream-tools", "openai", 1 / 4),
        ("reasoning chunk, sync", "stream-reasoning", "openai", 1 / 4),
        ("reasoning chunk, async", "astream-reasoning", "openai", 1 / 4),
    )
    listed = [
        Target(f"{words} / {PEERS[base].label}", most, _times(results, item, base))
        for words, item, base, most in named
    ]
    for base, most in (("litellm-floor", 1.2), ("litellm-aiml", 0.5)):
        for item, colour in (("litellm-stream", "sync"), ("litellm-astream", "async")):
            most = 1.0 if (base, colour) == ("litellm-aiml", "sync") else most
            value = _times(results, item, base, "litellm-aimlapi")
            words = f"LiteLLM, text chunk, {colour} / {PEERS[base].label}"
            listed.append(Target(words, most, value))
    long, short = (
        middle(results.get(name, {}), "aimlapi", "us") for name in ("long-200k", "long-20k")
    )
    growth = long / short if long and short else None
    return [*listed, Target("chunk of a stream of 200,000 / of 20,000", 1.5, growth)]


def _call_targets(results: Results) -> list[Target]:
    many = results.get("streams-1000")
    first, afirst = results.get("first"), results.get("afirst")
    return [
        Target("ainvoke, 100 at once / bare httpx", 1.5, _times(results, "ainvoke-100", "httpx")),
        Target(
            "abatch of 1,000: connections opened",
            1000,
            middle(results.get("abatch", {}), "aimlapi", "connections"),
        ),
        Target("1,000 streams: errors", 0, middle(many, "aimlapi", "errors") if many else None),
        Target("1,000 streams: KB a stream above bare httpx", 60, _above(many, "httpx", "kb")),
        Target("first chunk, sync: ms above bare httpx", 1.0, _above(first, "httpx", "ms")),
        Target("first chunk, async: ms above bare httpx", 1.0, _above(afirst, "httpx", "ms")),
    ]


def _start_targets(starts: Rounds | None) -> list[Target]:
    package = _above(starts, "python", "cpu_ms", "package")
    construct = middle(starts, "aimlapi", "construct_us") if starts else None
    added = middle(starts, "class", "cpu_ms") if starts else None
    provider = middle(starts, "provider", "cpu_ms") if starts else None
    construct_ms = construct / 1000 if construct is not None else None
    return [
        Target("import langchain_aimlapi: ms above bare Python", 15, package),
        Target("ChatAimlapi: ms above BaseChatModel", 60, added),
        Target("construction, ms", 0.2, construct_ms),
        Target("LiteLLM provider: ms above litellm", 100, provider),
    ]


def targets_table(listed: list[Target]) -> str:
    """The targets as a markdown table."""
    lines = ["### Targets (medians)", "", "| | at most | measured | |", "|---|---:|---:|---|"]
    for target in listed:
        if target.value is not None:
            met = "holds" if target.met else "**missed**"
            lines.append(f"| {target.words} | {target.most:.3g} | {target.value:.3g} | {met} |")
    absent = sum(target.value is None for target in listed)
    if absent:
        lines += ["", f"{absent} more were not measured in this run."]
    return "\n".join([*lines, ""])


_SUMMARY = {
    "stream-text": "text chunk, sync, µs",
    "astream-text": "text chunk, async, µs",
    "stream-reasoning": "reasoning chunk, µs",
    "stream-tools": "tool-call fragment, µs",
    "ainvoke-100": "`ainvoke`, 100 at once, µs",
    "streams-1000": "a stream of 30 chunks, 1,000 at once, ms",
    "first": "first chunk, ms (wall)",
}
_SUMMARY_PEERS = {
    "aimlapi": "this package",
    "openai": "-openai",
    "deepseek": "-deepseek",
    "openrouter": "-openrouter",
    "chat-litellm": "-litellm",
    "minimal": "minimal loop",
    "httpx": "bare httpx",
}


def summary(results: Results) -> str:
    """The table of the README: medians, as few as tell the story."""
    lines = [
        "| CPU, median | " + " | ".join(_SUMMARY_PEERS.values()) + " |",
        "|---|" + "---:|" * len(_SUMMARY_PEERS),
    ]
    for name, words in _SUMMARY.items():
        rounds, figure = results.get(name, {}), ITEMS[name].figure
        found = [middle(rounds, peer, figure) for peer in _SUMMARY_PEERS]
        cells = ["" if value is None else _brief(value) for value in found]
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _brief(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def versions() -> dict[str, str]:
    """What was measured, and on what."""
    told = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _DISTRIBUTIONS:
        try:
            told[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return told


def document(results: Results, starts: Rounds | None, absent: Mapping[str, str]) -> dict[str, Any]:
    """Everything as one JSON value."""
    return {
        "versions": versions(),
        "absent": dict(absent),
        "starts": starts or {},
        "items": {name: dict(rounds) for name, rounds in results.items()},
        "targets": [
            {"words": t.words, "most": t.most, "value": t.value, "met": t.met}
            for t in targets(results, starts)
        ],
    }
