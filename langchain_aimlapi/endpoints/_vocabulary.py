"""One set of names for all models of a kind, and the request body that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from langchain_aimlapi._fitting.attachments import Slot, merged
from langchain_aimlapi._fitting.checks import check_model, check_required, check_text, check_values
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import Body, fit_all
from langchain_aimlapi._wire.request import Request
from langchain_aimlapi.catalog.facts import Facts, Shape
from langchain_aimlapi.endpoints._models import check_kind, models_that, nearest
from langchain_aimlapi.endpoints._plans import Context, shape_at
from langchain_aimlapi.endpoints._sources import Kind, Sources, read_sources
from langchain_aimlapi.errors import InvalidRequestError


@dataclass(frozen=True, slots=True)
class MediaCall:
    """The arguments of a call in our names.

    Attributes:
        model: The model's id.
        prompt: What to make.
        files: Argument -> its value.
        params: Every other parameter, by our name or the model's own.
        extra_body: Goes out verbatim, last.
    """

    model: str
    prompt: str | None
    files: Mapping[str, Sources | None]
    params: Mapping[str, Any]
    extra_body: Mapping[str, object]

    @classmethod
    def of(
        cls,
        model: str,
        prompt: str | None,
        named: Mapping[str, object],
        *,
        files: Mapping[str, Sources | None] = {},
        params: Mapping[str, object] | None,
        extra_body: Mapping[str, object] | None,
    ) -> Self:
        """The arguments of a method, checked; one that is None is absent."""
        check_model(model)
        check_text("prompt", prompt, model)
        present = {name: value for name, value in named.items() if value is not None}
        return cls(model.strip(), prompt, files, {**(params or {}), **present}, extra_body or {})


Prepare = Callable[[dict[str, Any], Shape, Notes], dict[str, Any]]


def _as_it_is(params: dict[str, Any], shape: Shape, notes: Notes) -> dict[str, object]:
    return params


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How the models of a kind take what our names mean.

    Attributes:
        kind: The catalog's word for the models.
        path: Where they are served.
        older_paths: How the paths begin on which a few old ids are served.
        slots: The arguments that are files, and what kind of file each is.
        common, spellings, implied, exact: See `fit_all`.
        prepare: Changes parameters before they are fitted, where a name is not all that differs.
    """

    kind: str
    path: str
    slots: tuple[tuple[Slot, Kind], ...]
    common: Collection[str]
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    implied: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    exact: Collection[str] = ()
    prepare: Prepare = _as_it_is
    older_paths: str | None = None

    def path_of(self, facts: Facts) -> str:
        """Where a model is served."""
        if self.path in facts.shapes or self.older_paths is None:
            return self.path
        older = (path for path in facts.shapes if path.startswith(self.older_paths))
        return next(older, self.path)

    def request(
        self, context: Context, call: MediaCall, *, instead: Mapping[str, str] = {}
    ) -> tuple[Request, Notes]:
        """The request, and what was fitted. Takes and raises what `body` does."""
        path = self.path_of(context.facts(call.model))
        body, notes = self.body(context, call, path, instead=instead)
        return context.json_request(path, body, model=call.model, notes=notes), notes

    def body(
        self, context: Context, call: MediaCall, path: str, *, instead: Mapping[str, str] = {}
    ) -> tuple[dict[str, Any], Notes]:
        """The request body, and what was fitted.

        Args:
            context: Gives the catalog.
            call: The arguments.
            path: Where this model is served.
            instead: Key of the body -> a required key that it stands for.

        Raises:
            UnsupportedFeatureError: the model cannot do it; names what it can.
            InvalidRequestError: an argument is missing or of the wrong kind; names it.
        """
        facts, notes = context.facts(call.model), context.notes(call.model)
        shape = shape_at(facts, path)
        check_kind(facts, self.kind, path, notes, context.catalog)
        body = merged(
            [self._parameters(call, shape, notes), self._files(context, call, shape, notes)]
        )
        arguments = self._arguments(shape)
        check_values(body, shape, notes, arguments)
        whole = {"model": call.model, **body, **call.extra_body}
        standing = {instead[key]: True for key in whole if key in instead}
        able = partial(self._doing_without, context, call.model)
        check_required({**whole, **standing}, shape, notes, arguments, able=able)
        self._check_something(call, shape)
        return whole, notes

    def _parameters(self, call: MediaCall, shape: Shape, notes: Notes) -> Body:
        params = {**({"prompt": call.prompt} if call.prompt is not None else {}), **call.params}
        if shape.params is not None:
            params = self.prepare(params, shape, notes)
        return fit_all(
            params, shape, notes,
            common=self.common, spellings=self.spellings, implied=self.implied, exact=self.exact,
        )  # fmt: skip

    def _files(self, context: Context, call: MediaCall, shape: Shape, notes: Notes) -> Body:
        bodies = []
        for slot, kind in self.slots:
            found = read_sources(slot.name, call.files.get(slot.name), kind, call.model)
            if found:
                takes = partial(self._takes, slot)
                able = partial(models_that, context.catalog, self.kind, call.model, takes)
                bodies.append(slot.fit([each.as_url() for each in found], shape, notes, able))
        return merged(bodies)

    def _takes(self, slot: Slot, facts: Facts) -> bool:
        return bool(slot.keys(shape_at(facts, self.path)))

    def _arguments(self, shape: Shape) -> dict[str, str]:
        """The model's key -> our name."""
        params = shape.params or {}
        names = {k: name for name, keys in self.spellings.items() for k in keys if k in params}
        for slot, _ in reversed(self.slots):
            names |= {key.partition(".")[0]: slot.name for key in slot.keys(shape)}
        return {**names, "prompt": "prompt"}

    def _doing_without(self, context: Context, model: str, argument: str) -> str | None:
        """The nearest model that needs no files, where the argument is one."""
        if all(slot.name != argument for slot, _ in self.slots):
            return None
        keys = {key for slot, _ in self.slots for key in (*slot.one, *slot.many)}

        def from_words(facts: Facts) -> bool:
            shape = shape_at(facts, self.path)
            return "prompt" in (shape.params or {}) and not keys & shape.required

        return nearest(context.catalog, self.kind, model, from_words)

    def _check_something(self, call: MediaCall, shape: Shape) -> None:
        """A call without words and files is a mistake, whatever the model."""
        if shape.params is not None or call.prompt or any(call.files.values()):
            return
        if set(call.params) <= set(self.common) and not call.extra_body:
            raise InvalidRequestError(
                f"{call.model} needs prompt",
                advice="give prompt=...",
                model=call.model,
                field="prompt",
            )
