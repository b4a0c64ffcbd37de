"""Files of a call under the model's own keys: ``image_url``, ``image_urls``, ``keyframes``, ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import Body
from langchain_aimlapi.catalog.facts import Param, Shape


@dataclass(frozen=True, slots=True)
class Slot:
    """An argument that is a file, and where models take it.

    Attributes:
        name: The argument (``"last_image"``).
        noun: What it is, for messages (``"a last image"``).
        kind: The word for it where a model wants one (``{"type": "image", "url": ...}``).
        one: Keys that hold one file, the best first; a dot leads into an object.
        many: Keys that hold several, the best first.
    """

    name: str
    noun: str
    kind: str
    one: tuple[str, ...] = ()
    many: tuple[str, ...] = ()

    def keys(self, shape: Shape) -> tuple[str, ...]:
        """The keys of the model for it."""
        found = (key for key in (*self.one, *self.many) if _param(shape, key) is not None)
        return tuple(dict.fromkeys(found))

    def fit(self, urls: Sequence[str], shape: Shape, notes: Notes, able: Callable[[], str]) -> Body:
        """The files as the model takes them.

        Args:
            urls: Addresses, ``data:`` URLs among them.
            shape: What the path takes.
            notes: Says whether what the model does not take is an error.
            able: Names models that take such a file, for the error.

        Raises:
            UnsupportedFeatureError: the model takes no such file, or not so many.
        """
        if not urls:
            return {}
        if shape.params is None or notes.policy == "send":
            return self._as_usual(urls, shape)
        single = [key for key in self.one if _takes(_param(shape, key), "one")]
        several = [key for key in (*self.many, *self.one) if _takes(_param(shape, key), "many")]
        if not single and not several:
            links = tuple(key for key in shape.params if key.endswith(f"{self.kind}_url"))
            own = ", ".join(f"{key!r}: ..." for key in links)
            cure = f"give each by its name: params={{{own}}}" if own else able() or None
            raise notes.impossible(self.name, f"it has no parameter for {self.noun}", cure)
        if len(urls) == 1 and single:
            return _placed(single[0], _one(_param(shape, single[0]), urls[0], self.kind))
        if not several:
            raise notes.impossible(
                self.name, f"it takes one, not {len(urls)}", f"give one {self.kind}"
            )
        facts = _param(shape, several[0]) or Param()
        limit = facts.max_items
        if limit is not None and len(urls) > limit:
            raise notes.impossible(
                self.name, f"it takes at most {limit}, not {len(urls)}", "give fewer"
            )
        return _placed(several[0], [_one(facts.items, url, self.kind) for url in urls])

    def _as_usual(self, urls: Sequence[str], shape: Shape) -> Body:
        """Where nothing is known: under the commonest key."""
        known = self.keys(shape)
        if len(urls) == 1 and self.one:
            key = next((key for key in self.one if key in known), self.one[0])
            return _placed(key, _one(_param(shape, key), urls[0], self.kind))
        return {next((key for key in self.many if key in known), self.many[0]): list(urls)}


def _param(shape: Shape, key: str) -> Param | None:
    """The facts of a key, a dotted one too; None where the model has no such key."""
    params: Mapping[str, Param] = shape.params or {}
    found: Param | None = None
    for name in key.split("."):
        found = params.get(name)
        if found is None:
            return None
        params = found.properties
    return found


def _takes(facts: Param | None, count: str) -> bool:
    if facts is None:
        return False
    if count == "many":
        return "array" in facts.types
    return not facts.types or bool({"string", "object"} & set(facts.types))


def _one(facts: Param | None, url: str, kind: str) -> object:
    """One file: its address, or an object that says what it is."""
    if facts is not None and "url" in facts.properties:
        return {"type": kind, "url": url}
    return url


def _placed(key: str, value: object) -> Body:
    """``a.b`` as nested objects."""
    for name in reversed(key.split(".")):
        value = {name: value}
    assert isinstance(value, dict)  # noqa: S101 - a key has at least one name
    return value


def merged(bodies: Sequence[Body]) -> Body:
    """Several parts of one body: objects and lists under the same key are joined."""
    whole: Body = {}
    for body in bodies:
        for key, value in body.items():
            known = whole.get(key)
            if isinstance(known, dict) and isinstance(value, dict):
                whole[key] = {**known, **value}
            elif isinstance(known, list) and isinstance(value, list):
                whole[key] = [*known, *value]
            else:
                whole[key] = value
    return whole
