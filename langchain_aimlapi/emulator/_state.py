"""What a handler works with: the models, the account, the clock, the scripted answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from langchain_aimlapi.emulator._account import Account
from langchain_aimlapi.emulator._author import Prompt, Say, limit, write
from langchain_aimlapi.emulator._core import Answer, Call, Json, Refusal, dump
from langchain_aimlapi.emulator._errors import Envelope, Wording, envelope, validation_text
from langchain_aimlapi.emulator._forms import Ids
from langchain_aimlapi.emulator._jobs import Jobs
from langchain_aimlapi.emulator._ledger import (
    MEDIA_TOKENS,
    Cost,
    PromptCache,
    Tokens,
    count_tokens,
    prices_of,
)
from langchain_aimlapi.emulator._limits import Limits
from langchain_aimlapi.emulator._media import IMAGES, SOUNDS, Files, glb, mp4, obj
from langchain_aimlapi.emulator._models import Model, Models
from langchain_aimlapi.emulator._names import served_name
from langchain_aimlapi.emulator._planned import Plan
from langchain_aimlapi.emulator._styles import STYLES, Style, choose_style
from langchain_aimlapi.emulator._threads import Threads

Script = str | Say | Callable[[Json], str | Say]
MetaForm = Literal["full", "usage", "credits", "tokens", "none"]
XApiKey = Literal["messages", "never", "always"]


@dataclass(slots=True)
class State:
    """One emulator's state and settings, as its handlers see them."""

    models: Models
    account: Account
    clock: Callable[[], float]
    ids: Ids = field(default_factory=Ids)
    scripts: Plan = field(default_factory=Plan)
    faults: Plan = field(default_factory=Plan)
    replays: Plan = field(default_factory=Plan)
    stored: dict[str, Any] = field(default_factory=dict)
    files: Files = field(default_factory=Files)
    uploads: dict[str, tuple[Json, str, bytes]] = field(default_factory=dict)
    threads: Threads = field(default_factory=Threads)
    cache: PromptCache = field(default_factory=PromptCache)
    jobs: Jobs = field(init=False)
    limits: Limits = field(init=False)
    stream_style: Style | None = None
    served_model: Callable[[str], str] | None = None
    checks_history: bool = True
    checks_signatures: bool = True
    checks_context: bool = True
    envelope: Envelope = "problem"
    wording: Wording = "fields"
    meta_form: MetaForm = "full"
    x_api_key: XApiKey = "messages"

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.clock)
        self.limits = Limits(self.clock)

    # --- time, errors, keys -----

    def now(self) -> int:
        return int(self.clock())

    def moment(self, seconds: float | None = None) -> str:
        """A time as the API writes it; the present one by default."""
        at = datetime.fromtimestamp(self.clock() if seconds is None else seconds, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def error(self, call: Call, status: int, message: str, kind: Envelope | None = None) -> Answer:
        """An error in the API's envelope."""
        media_type, body = self.error_body(call, status, message, kind)
        return Answer(status, {"content-type": media_type}, (dump(body),))

    def error_body(
        self, call: Call, status: int, message: str, kind: Envelope | None = None
    ) -> tuple[str, Json]:
        return envelope(
            kind or self.envelope,
            status,
            message,
            path=call.path,
            request=call.request_id,
            moment=self.moment(),
        )

    def refused(self, call: Call, refusal: Refusal) -> Answer:
        """The answer that a refusal stands for."""
        message = refusal.message
        if refusal.issues:
            message = validation_text(refusal.issues, self.wording)
        answer = self.error(call, refusal.status, message)
        return replace(answer, headers={**answer.headers, **refusal.headers})

    def admit(self, call: Call) -> None:
        """Refuses a call whose key does not open this path."""
        also = self.x_api_key == "always" or (
            self.x_api_key == "messages" and call.path.endswith(("/messages", "/count_tokens"))
        )
        self.account.admit(call, x_api_key=also)

    # --- money -----

    def price(self, model: Model, tokens: Tokens) -> Cost:
        """What tokens of a model cost."""
        return tokens.cost(prices_of(model.row.get("price")))

    def settle(self, call: Call, model: str, cost: Cost, reference: str | None = None) -> Cost:
        """Charges the account for work that was delivered."""
        return self.account.charge(call, model, cost, Tokens(0, 0), reference)

    def charge(self, call: Call, model: Model, tokens: Tokens) -> Cost:
        """Charges the account for a call's tokens."""
        cost = self.price(model, tokens)
        return self.account.charge(call, model.id, cost, tokens)

    def meta(self, model: Model, cost: Cost, *, streams: bool = False, plain: bool = False) -> Json:
        """The ``meta`` of an answer, as a part of it; empty where answers carry none.

        ``plain`` is for the endpoints that tell the cost alone.
        """
        if self.meta_form == "none":
            return {}
        if self.meta_form == "tokens":
            return {"meta": {"usage": {"tokens_used": cost.credits}}}
        if self.meta_form == "credits":
            return {"meta": {"usage": {"credits_used": cost.credits}}}
        if self.meta_form == "usage" or plain:
            return {"meta": cost.meta()}
        duration = 400 + len(model.id) * 7
        metrics: Json = {"duration_ms": duration}
        if model.kind == "chat":
            metrics |= {"ttft_ms": duration - 1 if not streams else duration // 3, "tps": 8.1}
        facts = {"model": model.id, "provider": model.vendor or "openai"}
        return {"meta": {**facts, **cost.meta(), "metrics": metrics}}

    def model_headers(self, model: Model) -> dict[str, str]:
        """Which model answered, and by whom."""
        if self.meta_form != "full":
            return {}
        return {"x-aimlapi-model": model.id, "x-aimlapi-provider": model.vendor or "openai"}

    # --- files -----

    def link(self, call: Call, kind: str, seed: str, **facts: object) -> str:
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

    # --- what the model writes -----

    def style(self, model: Model) -> Style:
        return self.stream_style or choose_style(model.name, model.vendor)

    def served(self, model: Model) -> str:
        """The name that an answer of the model carries."""
        if self.served_model:
            return self.served_model(model.name)
        return served_name(model.name, self.style(model).name)

    def answers(self, call: Call, body: Json, prompt: Prompt) -> tuple[Say, ...]:
        """What the model says: as scripted, else as `_author` writes it."""
        script: Script | None = self.scripts.take(call, prompt.model)
        if script is None:
            return write(prompt)
        made = script(body) if callable(script) else script
        say = Say(made) if isinstance(made, str) else made
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
        size = self.prompt_size(prompt)
        cached, created = self.cache.use(prompt.text, marked=prompt.cache_marked)
        thought = sum(count_tokens(say.reasoning) for say in says)
        audio = sum(MEDIA_TOKENS["audio"] for kind in prompt.media if kind == "audio")
        spoken = sum(50 for say in says if say.audio is not None)
        measured = Tokens(
            input=max(size, cached, created),
            output=sum(say.size() for say in says) + thought + spoken,
            reasoning=thought,
            cached=cached,
            created=created,
            audio_input=audio,
            audio_output=spoken,
        )
        scripted: Mapping[str, int] = says[0].usage
        return replace(measured, **scripted) if scripted else measured

    def prompt_size(self, prompt: Prompt) -> int:
        """How many tokens a prompt has."""
        size = 3 + sum(3 + count_tokens(turn.text) for turn in prompt.turns)
        size += sum(count_tokens(json.dumps(dict(tool.schema))) + 8 for tool in prompt.tools)
        return size + sum(MEDIA_TOKENS[kind] for kind in prompt.media)

    def call_ids(self, says: Sequence[Say], make: Callable[[Ids], str]) -> list[list[str]]:
        return [[use.id or make(self.ids) for use in say.calls] for say in says]


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
    if kind == "glb":
        return "model/gltf-binary", lambda: glb(seed)
    return "model/obj", lambda: obj(seed)
