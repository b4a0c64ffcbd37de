"""Where things lie: the repository, its own test data, what the API publishes."""

from __future__ import annotations

from pathlib import Path

from tests.harness.digest.published import folder

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
BESIDE = ROOT.parent / "shared" / "api"
"""A saved copy of the API's documentation data, where somebody keeps one beside the repository."""

PUBLISHED: Path
"""What the API publishes, from `DATA`: facts without prose, recordings with words of our own."""


def __getattr__(name: str) -> Path:
    if name == "PUBLISHED":
        return folder()
    raise AttributeError(name)
