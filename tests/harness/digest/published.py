"""The facts and recordings of this repository as a folder, in the form of the saved copy."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.harness.digest import form

ROOT = Path(__file__).resolve().parents[3]
FACTS = ROOT / "tests" / "data" / "published.jsonl"
RECORDINGS = ROOT / "tests" / "data" / "recordings"
LIVE = ROOT / "tests" / "data" / "live"
"""Groups of the gateway's OpenAPI of 2026-08-30 that were read here, on 2026-11-28: all of speech,
transcription, music, OCR, embeddings and batches, and what was missing of images and video. One
group a line, descriptions left out."""


@cache
def folder() -> Path:
    """The folder. It is made once for every state of the data, in ``build/``."""
    target = ROOT / "build" / f"published-{_state()}"
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=target.parent))
        _unpack(made)
        try:
            os.rename(made, target)
        except OSError:  # another process was faster
            shutil.rmtree(made)
    return target


def _state() -> str:
    state = hashlib.sha256(FACTS.read_bytes())
    for path in sorted([*RECORDINGS.rglob("*.*"), *LIVE.glob("*.jsonl")]):
        state.update(path.name.encode() + path.read_bytes())
    return state.hexdigest()[:12]


def _unpack(target: Path) -> None:
    shutil.copytree(RECORDINGS, target, dirs_exist_ok=True)
    for name, document in form.loads(FACTS.read_text(encoding="utf-8")).items():
        path = target / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(_text(name, document), encoding="utf-8")
    shutil.copytree(LIVE, target / "live", dirs_exist_ok=True)


def _text(name: str, document: Any) -> str:
    if name.endswith(".jsonl"):
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in document)
    return json.dumps(document, ensure_ascii=False)
