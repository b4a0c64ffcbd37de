"""The most telling figures as bars (needs matplotlib)."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

from tests.harness.benchmarks.items import ITEMS
from tests.harness.benchmarks.peers import PEERS
from tests.harness.benchmarks.report import Results, figures, middle

SHOWN = ("stream-text", "astream-text", "stream-tools", "ainvoke-100")
_OURS, _PEER, _FLOOR = "#0b6e4f", "#8a94a6", "#d0d5de"
_OWN = ("aimlapi", "coalesce", "aiohttp")
_FLOORS = ("minimal", "floor", "httpx")


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw what was measured of `SHOWN`; returns the files, none without matplotlib."""
    shown = [name for name in SHOWN if name in results]
    if not shown or importlib.util.find_spec("matplotlib") is None:
        return []
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "langchain-aimlapi"
    pyplot = importlib.import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(
        len(shown), 1, figsize=(8, 2.3 * len(shown)), squeeze=False, layout="constrained"
    )
    for name, axis in zip(shown, axes[:, 0], strict=True):
        _bars(name, results, axis)
    files = [folder / "benchmark.png", folder / "benchmark.svg"]
    for file in files:
        figure.savefig(file, dpi=150)
    pyplot.close(figure)
    return files


def _bars(name: str, results: Results, axis: object) -> None:
    item, rounds = ITEMS[name], results[name]
    found = {
        peer: value for peer in rounds if (value := middle(rounds, peer, item.figure)) is not None
    }
    peers = sorted(found, key=lambda peer: found[peer], reverse=True)
    values = [found[peer] for peer in peers]
    spread = [figures(rounds, peer, item.figure) for peer in peers]
    errors = [
        [value - min(all_) for value, all_ in zip(values, spread, strict=True)],
        [max(all_) - value for value, all_ in zip(values, spread, strict=True)],
    ]
    colours = [_OURS if peer in _OWN else _FLOOR if peer in _FLOORS else _PEER for peer in peers]
    bars = axis.barh(  # type: ignore[attr-defined]  # matplotlib is imported by name
        [PEERS[peer].label for peer in peers], values, color=colours, xerr=errors, ecolor="#555"
    )
    axis.bar_label(bars, fmt="%.0f", padding=6, fontsize=8)  # type: ignore[attr-defined]
    axis.set_title(f"{item.title}: µs of CPU, median", fontsize=10, loc="left")  # type: ignore[attr-defined]
    axis.margins(x=0.12)  # type: ignore[attr-defined]
    axis.tick_params(labelsize=8)  # type: ignore[attr-defined]
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)  # type: ignore[attr-defined]
