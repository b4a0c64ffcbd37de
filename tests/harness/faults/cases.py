"""What a scenario is: a script for whole and for streamed calls, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .raw_server import Script
from .steps import Reply
from .wire import JSON_OK, SSE_OK, TEXT

Call = Literal["invoke", "stream", "ainvoke", "astream"]
WHOLE: tuple[Call, ...] = ("invoke", "ainvoke")
STREAMED: tuple[Call, ...] = ("stream", "astream")
CALLS: tuple[Call, ...] = ("invoke", "stream", "ainvoke", "astream")

HANGING = 60.0  # seconds; see `Case.within`
OK: Reply = ()  # stands for the right answer: JSON for a whole call, events for a streamed one


class _Any:
    def __repr__(self) -> str:
        return "ANY"


ANY: Any = _Any()  # this attribute is not part of the requirement


@dataclass(frozen=True, slots=True)
class Answer:
    """Success is required, with exactly this message.

    ``tools`` and ``invalid_tools`` hold ``(name, args)`` and ``(name, raw args)``; ``ids`` the ids
    of all tool calls; ``usage`` is ``(input, output, total)``, or None for no usage at all.
    """

    text: str = TEXT
    finish: Any = "stop"
    tools: tuple[tuple[str, Any], ...] = ()
    invalid_tools: tuple[tuple[str, Any], ...] = ()
    ids: Any = ANY
    usage: Any = ANY
    reasoning: Any = ANY


@dataclass(frozen=True, slots=True)
class Failure:
    """An error is required: one of these classes, by exact name, with these attributes.

    ``partial`` is the text that was delivered before and that the error must carry. ``says`` must
    be part of the message, ``hides`` must not be.
    """

    classes: tuple[str, ...]
    status: Any = ANY
    partial: Any = ANY
    says: str = ""
    hides: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


Outcome = Answer | Failure


def failure(classes: str, status: Any = ANY, partial: Any = ANY, **more: Any) -> Failure:
    """`Failure` with the class names in one string."""
    says, hides = more.pop("says", ""), more.pop("hides", "")
    return Failure(tuple(classes.split()), status, partial, says, hides, more)


@dataclass(frozen=True, slots=True)
class Case:
    """One script and what is required of a call that meets it.

    Attributes:
        script: What the server does.
        outcomes: Any one of these is right; more than one only where the rules leave it open.
        requests: Fewest and most requests the server may see.
        within: Seconds after which the case counts as hanging. No measure of speed: whatever a
            call must not wait for lasts longer than this.
        at_least: Seconds it has to take (a wait that the server asked for).
        options: Constructor arguments.
        calls: How many calls are made in a row; the outcome is that of the last.
        between: Seconds between them.
        elsewhere: A second server stands ready, and must not be asked anything.
        scheme: Of the base URL.
    """

    script: Script
    outcomes: tuple[Outcome, ...]
    requests: tuple[int, int] = (1, 1)
    within: float = HANGING
    at_least: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)
    calls: int = 1
    between: float = 0.0
    elsewhere: bool = False
    scheme: str = "http"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named misbehaviour. ``whole`` or ``streamed`` is None where it cannot happen."""

    family: str
    name: str
    whole: Case | None = None
    streamed: Case | None = None

    @property
    def id(self) -> str:
        """Unique in the suite."""
        return f"{self.family}: {self.name}"

    def case(self, call: Call) -> Case | None:
        """The case that applies to this kind of call, or None."""
        return self.whole if call in WHOLE else self.streamed


def _case(replies: Any, ok: Reply, outcomes: tuple[Outcome, ...], more: Mapping[str, Any]) -> Case:
    if isinstance(replies, Script):
        fixed = tuple(reply or ok for reply in replies.replies)
        script = Script(fixed, replies.greetings, replies.listens)
    else:
        script = Script(tuple(reply or ok for reply in replies))
    options = dict(more)
    if isinstance(options.get("requests"), int):
        options["requests"] = (options["requests"], options["requests"])
    return Case(script, outcomes or (Answer(),), **options)


class Family:
    """Collects the scenarios of one family: ``family.both("name", replies, outcome, ...)``.

    ``replies`` is a list of replies (`OK` for the right answer) or a `Script`; without an outcome
    the right answer is required. Keyword arguments are those of `Case`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.scenarios: list[Scenario] = []

    def _add(self, name: str, **half: Case) -> None:
        for at, scenario in enumerate(self.scenarios):
            if scenario.name == name:  # the other half of it is there already
                if any(getattr(scenario, kind) is not None for kind in half):
                    raise ValueError(f"two scenarios of {self.name} are called {name!r}")
                self.scenarios[at] = replace(
                    scenario,
                    whole=half.get("whole", scenario.whole),
                    streamed=half.get("streamed", scenario.streamed),
                )
                return
        self.scenarios.append(Scenario(self.name, name, **half))

    def whole(self, name: str, replies: Any, *outcomes: Outcome, **more: Any) -> None:
        """A scenario for invoke and ainvoke."""
        self._add(name, whole=_case(replies, JSON_OK, outcomes, more))

    def streamed(self, name: str, replies: Any, *outcomes: Outcome, **more: Any) -> None:
        """A scenario for stream and astream."""
        self._add(name, streamed=_case(replies, SSE_OK, outcomes, more))

    def both(self, name: str, replies: Any, *outcomes: Outcome, **more: Any) -> None:
        """The same script and outcome for all four calls."""
        self.whole(name, replies, *outcomes, **more)
        self.streamed(name, replies, *outcomes, **more)
