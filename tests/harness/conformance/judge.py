"""The verdict on one pair of id and feature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Literal

from tests.harness.conformance.door import Door, Sent
from tests.harness.conformance.feature import Feature
from tests.harness.conformance.features_history import HISTORIES
from tests.harness.conformance.features_media import MEDIA
from tests.harness.conformance.features_params import PARAMS
from tests.harness.conformance.features_shaped import SHAPED
from tests.harness.conformance.features_talk import TALK
from tests.harness.conformance.features_tools import TOOLING
from tests.harness.conformance.published import (
    CHAT,
    MESSAGES,
    RESPONSES,
    Target,
    declared,
    expresses,
    problem,
)

# What a schema has words for and is still better left unsaid, with the reason.
UNSAID = {
    (MESSAGES, "assistant name"): "only OpenAI's form has it there, whose answer is undocumented",
    (MESSAGES, "reasoning_content in a loop"): "Claude takes back only what it has signed",
    (MESSAGES, "thought signature of a call"): "Claude takes back only what it has signed",
}

FEATURES: tuple[Feature, ...] = (
    *TALK, *TOOLING, *HISTORIES, *SHAPED, *MEDIA, *PARAMS,
)  # fmt: skip

Outcome = Literal["valid", "refused", "wrong"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``valid``: sent, taken by the schema, nothing lost. ``refused``: the schema cannot say it,
    and the user was told before anything was sent. ``wrong``: everything else."""

    id: str
    feature: str
    mode: str
    outcome: Outcome
    path: str | None = None
    why: str = ""
    elsewhere: bool = False
    """Refused, though another documented path of the id could say it."""


def judge(target: Target, feature: Feature, mode: str, door: Door, path: str | None) -> Verdict:
    """Send one feature to one id; ``path`` forces a dialect."""
    stream = mode == "stream"
    fields = {**feature.fields, **_forced(target, path)}
    sent = door.send(target.id, feature.speak, stream=stream, **fields)
    asked = path or sent.path or target.paths[0]
    outcome, why = _weigh(target, feature, sent, asked, stream)
    others = () if path else tuple(p for p in target.paths if p != asked)
    elsewhere = outcome == "refused" and any(can_say(target, p, feature) for p in others)
    return Verdict(target.id, feature.name, mode, outcome, sent.path, why, elsewhere)


def _forcible(target: Target) -> tuple[str, ...]:
    """The paths that a user can force: Claude's older ids take Anthropic's form alone on the chat
    path, so that forcing a form means the other path."""
    plain = {"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]}
    openai = CHAT in target.schemas and expresses(target.schemas[CHAT], plain)
    return tuple(path for path in target.paths if path != CHAT or openai)


def _forced(target: Target, path: str | None) -> dict[str, str]:
    if path is None:
        return {}
    if path == RESPONSES:
        return {"dialect": "responses"}
    return {"dialect": "completions" if path == CHAT else "messages"}


def _weigh(
    target: Target, feature: Feature, sent: Sent, path: str, stream: bool
) -> tuple[Outcome, str]:
    if sent.crashed:
        return "wrong", sent.crashed
    if path not in target.schemas:
        return "wrong", f"{path} is not documented for this id"
    possible = can_say(target, path, feature)
    if sent.body is None:
        if sent.refused is None:
            return "wrong", "nothing was sent and nothing was said"
        return ("wrong", f"needless: {sent.refused}") if possible else ("refused", sent.refused)
    fault = problem(target.schemas[path], sent.body)
    if fault is not None:
        return "wrong", f"invalid: {fault}"
    streams = stream and target.streams.get(path, False)
    if sent.body.get("stream", False) is not streams:
        return "wrong", f"stream is {sent.body.get('stream')!r}"
    names = declared(target.schemas[path])
    if feature.arrived(sent.body, names):
        return "valid", ""
    said = "; ".join(sent.warned)
    if (path, feature.name) in UNSAID and (said or feature.droppable):
        return "refused", f"{said} ({UNSAID[path, feature.name]})".strip()
    if possible:
        return "wrong", f"lost, though the schema can say it ({said or 'in silence'})"
    if not said and feature.droppable:
        return "refused", "left out: the model has no place for it and does not want it"
    return ("refused", said) if said else ("wrong", "lost in silence")


def can_say(target: Target, path: str, feature: Feature) -> bool:
    """Whether the published schema has words for the feature."""
    if feature.modes == ("stream",) and not target.streams.get(path):
        return False
    held = [w for w in feature.witnesses if ("input" in w) is (path == RESPONSES)]
    return any(expresses(target.schemas[path], body) for body in held)


def run(
    targets: Iterable[Target], features: Iterable[Feature], *, every_path: bool = False
) -> Iterable[Verdict]:
    """Every verdict; with ``every_path`` also those where the user forces a path."""
    chosen = tuple(features)
    door = Door()
    try:
        for target in targets:
            forced: tuple[str | None, ...] = (None,)
            if every_path and len(target.paths) > 1:
                forced += _forcible(target)
            for feature in chosen:
                for mode in feature.modes:
                    for path in forced:
                        yield judge(target, feature, mode, door, path)
    finally:
        door.close()


def share(
    chosen: Sequence[Target], names: Sequence[str], every_path: bool, jobs: int
) -> list[Verdict]:
    """All verdicts, the ids dealt out to ``jobs`` processes."""
    if jobs < 2 or len(chosen) < 2:
        return _judged(chosen, names, every_path)
    hands = [(chosen[start::jobs], names, every_path) for start in range(jobs)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return [v for part in pool.map(_judged, *zip(*hands, strict=True)) for v in part]


def _judged(chosen: Sequence[Target], names: Sequence[str], every_path: bool) -> list[Verdict]:
    wanted = set(names)
    features = [f for f in FEATURES if f.name in wanted]
    return list(run(chosen, features, every_path=every_path))
