"""What the emulated model says: a pure function of the prompt.

It follows instructions just well enough to be useful: calls the tool that a question is about,
fills in arguments and schemas with the prompt's own words, remembers a name, adds two numbers.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from langchain_aimlapi.emulator._invent import Words, invent
from langchain_aimlapi.emulator._ledger import count_tokens, cut_tokens

Finish = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool on offer. ``custom`` tools take free text."""

    name: str
    schema: Mapping[str, object] = field(default_factory=dict)
    kind: Literal["function", "custom"] = "function"


@dataclass(frozen=True, slots=True)
class Use:
    """A tool call of the past: the tool's name and its arguments as text."""

    name: str
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: its text, and the tool calls that it makes."""

    role: str
    text: str
    calls: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a request asks of the model, whatever dialect it came in."""

    model: str
    turns: tuple[Turn, ...]
    tools: tuple[ToolSpec, ...] = ()
    choice: Literal["auto", "none", "required"] = "auto"
    named: str | None = None
    parallel: bool = True
    schema: Mapping[str, object] | None = None
    json_mode: bool = False
    reasons: bool = False
    searches: bool = False
    speaks: bool = False
    logprobs: bool = False
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    n: int = 1
    media: tuple[str, ...] = ()
    cache_marked: bool = False

    @property
    def question(self) -> str:
        """The user's last words."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    @property
    def text(self) -> str:
        return "\n".join(turn.text for turn in self.turns)


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call: ``arguments`` is a JSON object, or text that goes out as it is."""

    name: str
    arguments: Mapping[str, object] | str = field(default_factory=dict)
    id: str | None = None
    kind: Literal["function", "custom"] = "function"

    def text(self) -> str:
        if isinstance(self.arguments, str):
            return self.arguments
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Say:
    """One answer of the model, for `Emulator.say` too. Everything that is left out is empty.

    Attributes:
        text: The visible answer.
        reasoning: The thought before it; shown in the vendor's own form.
        calls: Tool calls.
        finish: ``stop``, ``length``, ``tool_calls`` or ``content_filter``; None: by content.
        refusal: The model's words of refusal.
        citations: URLs (Perplexity's ``citations``, elsewhere ``url_citation`` annotations).
        images: Image URLs in the answer.
        audio: Base64 audio in the answer.
        usage: Overrides of token figures: input, output, reasoning, cached, created.
        stopped_by: The stop sequence that ended the text; filled in by the emulator.
    """

    text: str = ""
    reasoning: str = ""
    calls: tuple[ToolUse, ...] = ()
    finish: Finish | None = None
    refusal: str | None = None
    citations: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    audio: str | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    stopped_by: str | None = None

    @property
    def ending(self) -> Finish:
        return self.finish or ("tool_calls" if self.calls else "stop")

    def size(self) -> int:
        """Visible tokens."""
        words = [self.text, self.refusal or "", *(f"{c.name} {c.text()}" for c in self.calls)]
        return max(1, sum(count_tokens(word) for word in words))


_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and args by call current do fetch find for from function get in is it list look make"
        " me new no of on or run search set that the this to tool up use value what with you",
    )
)
_USING = re.compile(r"\bus(?:e|ing) the tool\b", re.IGNORECASE)
_GREETING = re.compile(r"^\W*(hello|hi|hey|good (morning|evening|day))\b", re.IGNORECASE)
_NAME_GIVEN = re.compile(r"\b[Mm]y name is ([\w'-]+)|\bI(?: am|'m) ([A-Z][\w'-]+)")
_NAME_WANTED = re.compile(r"\b(what(?:'s| is) my name|who am I)\b", re.IGNORECASE)
_SUM = re.compile(
    r"(-?\d+)\s*(\+|-|\*|x|×|plus|minus|times|multiplied by)\s*(-?\d+)", re.IGNORECASE
)
_LONG = re.compile(
    r"\b(story|poem|essay|explain|describe|paragraph|sentences|detail|tell me about|long)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\b(\d+|two|three|four|five|six|seven|eight|nine|ten)\s+sentences?\b", re.I)
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_JSON_KEYS = re.compile(r"['\"`](\w+)['\"`]")
_ASKS_JSON = re.compile(r"\bAnswer with one JSON object|nothing other than JSON", re.I)

_LINES = (
    "It is worth beginning with what everyone agrees on and leaving the rest for later.",
    "Small examples show it better than long definitions do.",
    "Two things pull in opposite directions here, and most answers are a balance of both.",
    "Ask three people and you hear three answers, each right in its own place.",
    "What looks like a detail at first turns out to carry the weight of the whole.",
    "There is a simple rule of thumb: measure first, then decide.",
    "History has an example of nearly every mistake that can be made with it.",
    "And yet the plain answer is often the useful one.",
    "So much for the general png; the particulars are where it gets interesting.",
)


def write(prompt: Prompt) -> tuple[Say, ...]:
    """The ``n`` answers to a prompt, cut to its stop sequences and token limit."""
    first = _answer(prompt)
    thought = _thought(prompt) if prompt.reasons else ""
    answers = []
    for index in range(max(1, prompt.n)):
        say = replace(first, reasoning=thought)
        if index and say.text and prompt.schema is None and not prompt.json_mode:
            say = replace(say, text=f"Another way to put it ({index + 1}): {say.text}")
        answers.append(limit(say, prompt))
    return tuple(answers)


def limit(say: Say, prompt: Prompt) -> Say:
    """The answer as far as stop sequences and ``max_tokens`` let it come."""
    for stop in prompt.stop:
        if stop and stop in say.text:
            say = replace(say, text=say.text[: say.text.index(stop)], stopped_by=stop)
    if prompt.max_tokens is None:
        return say
    if count_tokens(say.text) > prompt.max_tokens:
        return replace(say, text=cut_tokens(say.text, prompt.max_tokens), finish="length")
    if say.calls and count_tokens(say.calls[-1].text()) > prompt.max_tokens:
        last = say.calls[-1]
        short = replace(last, arguments=cut_tokens(last.text(), prompt.max_tokens))
        return replace(say, calls=(*say.calls[:-1], short), finish="length")
    return say


def _answer(prompt: Prompt) -> Say:
    calls = _calls(prompt)
    if calls:
        return Say(calls=calls)
    schema = prompt.schema if prompt.schema is not None else _schema_in(prompt.text)
    if schema is not None:
        made = invent(schema, prompt.question)
        return Say(json.dumps(made, ensure_ascii=False))
    if prompt.json_mode or _ASKS_JSON.search(prompt.text):
        keys = list(dict.fromkeys(_JSON_KEYS.findall(prompt.text))) or ["answer"]
        return Say(json.dumps({key: f"some {key}" for key in keys}, ensure_ascii=False))
    text = _reply(prompt)
    if prompt.searches:
        return Say(f"{text} [1][2]", citations=_sources(prompt.question))
    return Say(text)


def _schema_in(text: str) -> Mapping[str, object] | None:
    """A JSON schema that stands in the prompt, as it does for models without such a parameter."""
    if not re.search(r"\bJSON\b", text):
        return None
    for match in re.finditer(r"\{", text):
        try:
            found, _ = json.JSONDecoder().raw_decode(text, match.start())
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(found.get("properties"), dict):
            return found
    return None


def _calls(prompt: Prompt) -> tuple[ToolUse, ...]:
    chosen = _choose(prompt)
    uses = []
    for tool in chosen:
        if tool.kind == "custom":
            uses.append(
                ToolUse(tool.name, Words.of(prompt.question).string("input"), kind="custom")
            )
            continue
        made = invent(tool.schema, prompt.question)
        uses.append(ToolUse(tool.name, made if isinstance(made, dict) else {}))
    return tuple(uses)


def _choose(prompt: Prompt) -> list[ToolSpec]:
    """The tools to call now: never one that was called since the user spoke, so agents end."""
    if not prompt.tools or prompt.choice == "none":
        return []
    called = {use.name for turn in _since_user(prompt) for use in turn.calls}
    left = [tool for tool in prompt.tools if tool.name not in called]
    if prompt.named is not None:
        return [tool for tool in left if tool.name == prompt.named]
    about = [tool for tool in left if _is_about(tool.name, prompt.question)]
    if prompt.choice == "required":
        if called:
            # The tools of an answer's form are listed last, and they are what is still missing.
            return left[-1:]
        exact = [tool for tool in left if tool.name in prompt.question]
        return [*exact, *about, *left][:1]
    if not about and not called and _USING.search(prompt.question):
        about = left[:1]
    return about if prompt.parallel else about[:1]


def _since_user(prompt: Prompt) -> list[Turn]:
    """The turns after the user's last one."""
    turns: list[Turn] = []
    for turn in reversed(prompt.turns):
        if turn.role == "user":
            break
        turns.append(turn)
    return turns


def _is_about(name: str, question: str) -> bool:
    if name in question:
        return True
    words = set(re.findall(r"[a-z]+", question.lower()))
    parts = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return any(part in words for part in parts if len(part) > 2 and part not in _COMMON)


def _thought(prompt: Prompt) -> str:
    question = _short(prompt.question)
    return (
        f'The user says: "{question}". First I work out what is being asked, then what is known,'
        " and then I answer in a few plain words."
    )


def _reply(prompt: Prompt) -> str:
    question = prompt.question.strip()
    results = _results(prompt)
    if results:
        return f"The tools say: {' '.join(results)}"
    if _NAME_WANTED.search(question):
        name = _name(prompt)
        return f"Your name is {name}." if name else "You have not told me your name yet."
    total = _SUM.search(question)
    if total:
        return f"{total[0].strip()} is {_compute(total)}."
    if not question:
        return "Hello! I am the AI/ML API emulator. What shall we talk about?"
    wanted = _sentences(question)
    if wanted > 1:
        return _long(question, wanted)
    if _GREETING.match(question) and len(question) < 24:
        return "Hello! I am the AI/ML API emulator, and I am happy to help. What is on your mind?"
    return (
        f'You said: "{_short(question)}". That is a good question, and this is an emulated answer.'
    )


def _results(prompt: Prompt) -> list[str]:
    tail = []
    for turn in reversed(prompt.turns):
        if turn.role != "tool":
            break
        tail.append(turn.text.strip() or "(nothing)")
    return tail[::-1]


def _name(prompt: Prompt) -> str | None:
    for turn in reversed(prompt.turns):
        match = _NAME_GIVEN.search(turn.text) if turn.role == "user" else None
        if match:
            return match[1] or match[2]
    return None


def _compute(match: re.Match[str]) -> int:
    left, sign, right = int(match[1]), match[2].lower(), int(match[3])
    if sign in ("+", "plus"):
        return left + right
    return left - right if sign in ("-", "minus") else left * right


def _sentences(question: str) -> int:
    counted = _COUNT.search(question)
    if counted:
        word = counted[1].lower()
        number = int(word) if word.isdigit() else _NUMBERS.index(word) + 2
        return min(number, 200)
    return 5 if _LONG.search(question) else 1


def _long(question: str, wanted: int) -> str:
    offset = hashlib.sha256(question.encode("utf-8", "replace")).digest()[0]
    lines = [f'You asked: "{_short(question)}".']
    lines += [_LINES[(offset + step) % len(_LINES)] for step in range(wanted - 1)]
    return " ".join(lines)


def _short(text: str, size: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= size else line[: size - 1] + "…"


def _sources(question: str) -> tuple[str, ...]:
    slug = "-".join(re.findall(r"[a-z0-9]+", question.lower())[:6]) or "answer"
    return (f"https://example.com/{slug}", f"https://example.org/wiki/{slug}")
