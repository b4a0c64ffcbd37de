"""What a handler works with: the models, the account, the clock, the scripted answers."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from langchain_aimlapi.emulator._author import Prompt, Say, limit, write
from langchain_aimlapi.emulator._core import Answer, Call, Json
from langchain_aimlapi.emulator._forms import Ids
from langchain_aimlapi.emulator._jobs import Jobs
from langchain_aimlapi.emulator._ledger import MEDIA_TOKENS, Cost, Ledger, Tokens, count_tokens
from langchain_aimlapi.emulator._media import IMAGES, SOUNDS, Files, glb, mp4, obj
from langchain_aimlapi.emulator._models import Model, Models
from langchain_aimlapi.emulator._styles import STYLES, Style, choose_style

Script = str | Say | Callable[[Json], str | Say]


@dataclass(slots=True)
class Planned:
    """Something set up to happen to the next ``times`` matching calls (None: to all)."""

    what: Any
    times: int | None = 1
    path: str | None = None
    model: str | None = None
    when: Callable[[Call], bool] | None = None

    def fits(self, call: Call, model: str | None) -> bool:
        return (
            (self.path is None or self.path in call.path)
            and (self.model is None or self.model == model)
            and (self.when is None or self.when(call))
        )


class Plan:
    """A queue of planned things. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: list[Planned] = []

    def add(self, item: Planned) -> None:
        with self._lock:
            self._items.append(item)

    def clear(self) -> None:
        with self._lock:
            self._items.clear()

    def take(self, call: Call, model: str | None) -> Any:
        """The first thing that fits, used up once; None if nothing fits."""
        with self._lock:
            for item in self._items:
                if not item.fits(call, model):
                    continue
                if item.times is not None:
                    item.times -= 1
                    if item.times <= 0:
                        self._items.remove(item)
                return item.what
        return None


@dataclass(slots=True)
class State:
    """One emulator's state and settings, as its handlers see them."""

    models: Models
    ledger: Ledger
    clock: Callable[[], float]
    ids: Ids = field(default_factory=Ids)
    scripts: Plan = field(default_factory=Plan)
    faults: Plan = field(default_factory=Plan)
    replays: Plan = field(default_factory=Plan)
    stored: dict[str, list[Json]] = field(default_factory=dict)
    files: Files = field(default_factory=Files)
    jobs: Jobs = field(init=False)
    stream_style: Style | None = None
    served_model: Callable[[str], str] | None = None
    checks_history: bool = True
    checks_signatures: bool = True

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.clock)

    def now(self) -> int:
        return int(self.clock())

    def moment(self) -> str:
        """The time as the API writes it."""
        now = datetime.fromtimestamp(self.clock(), UTC)
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def link(self, call: Call, kind: str, seed: str, **facts: Any) -> str:
        """A link, on the emulator's own address, to a small file of this kind.

        ``kind`` is a format of an image or of sound, ``mp4``, ``glb`` or ``obj``; ``facts`` are
        what the file is to be true to: ``width``, ``height``, ``seconds``.
        """
        digest = hashlib.sha256(f"{seed}{sorted(facts.items())}".encode("utf-8", "replace"))
        made = digest.digest()
        media_type, make = _maker(kind, made, facts)
        return call.origin + self.files.add(f"{made.hex()[:24]}.{kind}", media_type, make)

    def file_behind(self, url: str) -> bytes:
        """The bytes behind a link that `link` made."""
        found = self.files.find(url.rpartition("/")[2])
        return found[1] if found else b""

    def settle(self, call: Call, model: str, cost: Cost, reference: str) -> None:
        """Charges the account for work that was delivered."""
        self.ledger.charge(cost)

    def style(self, model: Model) -> Style:
        return self.stream_style or choose_style(model.id, model.vendor)

    def served(self, model: str) -> str:
        return self.served_model(model) if self.served_model else model

    def answers(self, call: Call, body: Json, prompt: Prompt) -> tuple[Say, ...]:
        """What the model says: as scripted, else as `_author` writes it."""
        script: Script | None = self.scripts.take(call, prompt.model)
        if script is None:
            return write(prompt)
        said = script(body) if callable(script) else script
        say = Say(said) if isinstance(said, str) else said
        return (limit(say, replace(prompt, max_tokens=None)),) * max(1, prompt.n)

    def transcript(self, call: Call, body: Json, name: str) -> str:
        """What is heard in a sound: as scripted, else a sentence that names the file."""
        script: Script | None = self.scripts.take(call, str(body.get("model")))
        if script is None:
            return f"This is the emulator's transcript of {name or 'a sound'}."
        made = script(body) if callable(script) else script
        return made if isinstance(made, str) else made.text

    def measure(self, prompt: Prompt, says: Sequence[Say]) -> Tokens:
        """The tokens of a call; scripted figures win."""
        size = 3 + sum(3 + count_tokens(turn.text) for turn in prompt.turns)
        size += sum(count_tokens(json.dumps(dict(tool.schema))) + 8 for tool in prompt.tools)
        size += sum(MEDIA_TOKENS[kind] for kind in prompt.media)
        cached, created = self.ledger.cache(prompt.text, asked=prompt.cache_asked)
        thought = sum(count_tokens(say.reasoning) for say in says)
        heard = sum(MEDIA_TOKENS["audio"] for kind in prompt.media if kind == "audio")
        spoken = sum(50 for say in says if say.audio is not None)
        measured = Tokens(
            input=max(size, cached, created),
            output=sum(say.size() for say in says) + thought + spoken,
            reasoning=thought,
            cached=cached,
            created=created,
            audio_input=heard,
            audio_output=spoken,
        )
        told: Mapping[str, int] = says[0].usage
        return replace(measured, **told) if told else measured

    def call_ids(self, says: Sequence[Say], prefix: str) -> list[list[str]]:
        return [[use.id or f"{prefix}{self.ids.hex(24)}" for use in say.calls] for say in says]


def named_style(name: str | None) -> Style | None:
    """A style by its name. Raises ValueError, naming the known ones."""
    if name is None:
        return None
    if name not in STYLES:
        raise ValueError(f"unknown stream_style {name!r}; known: {', '.join(STYLES)}")
    return STYLES[name]


def charged(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """The answer with its cost headers."""
    return replace(answer, headers={**answer.headers, **headers})


def _maker(kind: str, seed: bytes, facts: Mapping[str, Any]) -> tuple[str, Callable[[], bytes]]:
    """The media type of a kind of file, and what makes its bytes."""
    width, height = int(facts.get("width", 8)), int(facts.get("height", 8))
    seconds = float(facts.get("seconds", 1.0))
    if kind in IMAGES:
        media_type, image = IMAGES[kind]
        return media_type, lambda: image(seed, width, height)
    if kind in SOUNDS:
        media_type, sound = SOUNDS[kind]
        return media_type, lambda: sound(seconds)
    if kind == "mp4":
        return "video/mp4", lambda: mp4(seed, seconds, width, height)
    return (
        ("model/gltf-binary", lambda: glb(seed))
        if kind == "glb"
        else (
            "model/obj",
            lambda: obj(seed),
        )
    )
