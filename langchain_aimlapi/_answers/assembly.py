"""An answer while it is being read, whatever dialect it comes in.

A dialect's reader calls the methods of `Assembly` and of its choices for what a frame holds; the
deltas collect in ``Assembly.deltas``. Whole answers are read the same way, as one large frame, so
that a streamed and a whole answer cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_aimlapi._answers.choice import ChoiceState, DeltaList
from langchain_aimlapi._answers.usage import merge_usage, read_cost, read_usage
from langchain_aimlapi._domain.values import ChatResponse, Choice, Meta
from langchain_aimlapi._json import text_or_none


class Assembly:
    """The state of one answer."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.headers = headers or {}
        self.deltas = DeltaList()
        self.choices: dict[int, ChoiceState] = {}
        self.finished = False  # some choice has ended
        self.terminal = False  # the stream has announced that nothing follows
        self.started = False  # any frame of an answer was seen
        self.failure: object = None  # an error that stood inside a choice
        self.meta: dict[str, object] = {}
        self.usage: dict[str, object] = {}
        self.charge: object = None
        self.meta_extra: dict[str, object] = {}

    def choice(self, index: Any) -> ChoiceState:
        """The state of a choice; an index that is missing or odd means the first one."""
        key = index if isinstance(index, int) and not isinstance(index, bool) else 0
        state = self.choices.get(key)
        if state is None:
            state = self.choices[key] = ChoiceState(key, self.deltas)
        return state

    # --- facts about the whole answer -----

    def add_meta(self, name: str, value: object) -> None:
        """A fact about the whole answer; the first non-empty value counts."""
        if value and not self.meta.get(name):
            self.meta[name] = value

    def add_usage(self, raw: object) -> None:
        """Token counts; see `merge_usage`."""
        if isinstance(raw, Mapping):
            self.usage = merge_usage(self.usage, raw)

    def add_charge(self, meta: object) -> None:
        """The API's ``meta`` with the real charge; the last one counts."""
        if isinstance(meta, Mapping) and isinstance(meta.get("usage"), Mapping):
            self.charge = meta

    def finish(self, state: ChoiceState, reason: object, native: object = None) -> None:
        """A choice has ended, if ``reason`` is one."""
        if isinstance(reason, str) and reason:
            self.finished = True
            state.finish(reason, native)

    # --- the end -----

    def close(self) -> None:
        """Append the deltas of everything that had to wait for the end."""
        for state in self.choices.values():
            self.deltas.frame_start = len(self.deltas)
            state.close()

    def reply(self) -> ChatResponse:
        """Everything so far, as an answer (also of a stream that broke off)."""
        states = [state for _, state in sorted(self.choices.items())]
        choices = tuple(state.value(ended=self.terminal) for state in states) or (Choice(),)
        return ChatResponse(choices, self._meta())

    def _meta(self) -> Meta:
        facts = self.meta
        created = facts.get("created")
        return Meta(
            id=text_or_none(facts.get("id")),
            model=text_or_none(facts.get("model")),
            created=created if isinstance(created, int) else None,
            system_fingerprint=text_or_none(facts.get("system_fingerprint")),
            service_tier=text_or_none(facts.get("service_tier")),
            inference_id=self.headers.get("x-inference-id"),
            client_request_id=self.headers.get("x-client-request-id"),
            usage=read_usage(self.usage) if self.usage else None,
            cost=read_cost(self.charge, self.headers),
            served_model=self._served("model"),
            served_provider=self._served("provider"),
            headers=self.headers,
            extra=self.meta_extra,
        )

    def _served(self, name: str) -> str | None:
        """Who answered: in ``meta`` of the answer, else in its headers."""
        named = self.charge.get(name) if isinstance(self.charge, Mapping) else None
        return text_or_none(named) or text_or_none(self.headers.get(f"x-aimlapi-{name}"))
