"""Which models exist, what each path takes for them, and how that can be changed in a test.

The data is the emulator's own (``contract/contract.json``). Where there is none, every model is
accepted and only the rules that hold for nearly every chat model are checked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from langchain_aimlapi.emulator._core import Json
from langchain_aimlapi.emulator.contract.group import ANY, chat_schema, parameter, record
from langchain_aimlapi.emulator.contract.pool import Node, Pool, Schema, expand
from langchain_aimlapi.emulator.contract.schema import Issue, Judge

CONTRACT = Path(__file__).parent / "contract" / "contract.json"
CHAT = "/v1/chat/completions"
WITHDRAWN, SUPERSEDED, DEPRECATED = "withdrawn", "superseded", "deprecated"
HIDDEN = frozenset({WITHDRAWN, SUPERSEDED, "schema-only", "test"})

# Rules of nearly every chat schema, for models without one.
_COMMON_PARAMS: Mapping[str, Json] = {
    "temperature": {"t": "number", "nullable": True, "min": 0, "max": 2},
    "top_p": {"t": "number", "nullable": True, "min": 0.01, "max": 1},
    "seed": {"t": "integer", "nullable": True, "min": 1},
    "n": {"t": "integer", "nullable": True, "min": 1},
    "max_tokens": {"t": "number", "nullable": True, "min": 1},
    "max_completion_tokens": {"t": "integer", "nullable": True, "min": 1},
    "stream": {"t": "boolean", "nullable": True},
    "stream_options": {
        "t": "object",
        "nullable": True,
        "required": ["include_usage"],
        "props": {"include_usage": {"t": "boolean"}},
    },
    "logprobs": {"t": "boolean", "nullable": True},
    "parallel_tool_calls": {"t": "boolean"},
}
_EVERY_PART = ("text", "image_url", "file", "input_audio", "video_url")
_COMMON_ROLES = {
    "user": _EVERY_PART,
    "assistant": (),
    "system": ("text",),
    "developer": ("text",),
    "tool": ("text",),
    "function": ("text",),
}


@cache
def _read(path: Path) -> Json | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(data, dict):
        raise TypeError(f"{path.name} holds no contract")
    return data


@cache
def _common() -> Schema:
    params = {name: parameter(row) for name, row in _COMMON_PARAMS.items()}
    return chat_schema(_COMMON_ROLES, params, formats=("text", "json_object", "json_schema"))


@dataclass(frozen=True, slots=True)
class Model:
    """One model as the emulator knows it.

    Attributes:
        name: As it was requested.
        id: The name under which it is listed; ``name`` may be another spelling.
        row: Its facts.
        takes: Path -> number of the body's schema. Empty for a model without data.
    """

    name: str
    id: str
    row: Mapping[str, Any] = field(default_factory=dict)
    takes: Mapping[str, int] = field(default_factory=dict)

    @property
    def vendor(self) -> str:
        known = self.row.get("vendor")
        if isinstance(known, str) and known:
            return known
        head, slash, _ = self.id.partition("/")
        return head if slash else ("anthropic" if self.id.startswith("claude") else "")

    @property
    def kind(self) -> str | None:
        kind = self.row.get("kind")
        return kind if isinstance(kind, str) else None

    @property
    def status(self) -> str:
        return str(self.row.get("status", "listed"))

    @property
    def context(self) -> int | None:
        """How many tokens prompt and answer may have together."""
        size = self.row.get("context")
        return size if isinstance(size, int) else None


class Models:
    """Every model, by id and other spellings. A test may add models and change what they take."""

    def __init__(self, data: Mapping[str, Any] | None) -> None:
        data = data or {}
        self._lock = threading.Lock()
        self._pool = Pool()
        self._pool.nodes = list(data.get("nodes", ()))
        self._paths: Sequence[str] = data.get("paths", ())
        self._rows: dict[str, Mapping[str, Any]] = {
            name: _modern(row) for name, row in data.get("models", {}).items()
        }
        self._found: dict[str, Model] = {}
        self._judge = Judge(self._pool.nodes)
        self._declared: dict[int, frozenset[str]] = {}
        self._words: dict[tuple[int, str], frozenset[str]] = {}
        self.date = str(data.get("read", ""))

    @classmethod
    def load(cls, source: Path | str | Mapping[str, object] | None = None) -> Models:
        """From the package's contract, or another file, or data in hand."""
        if isinstance(source, Mapping):
            return cls(source)
        return cls(_read(Path(source) if source else CONTRACT))

    @property
    def empty(self) -> bool:
        return not self._rows

    def find(self, name: str) -> Model | None:
        """The model with that id or spelling. Where there is no data every model exists."""
        if self.empty:
            return Model(name, name)
        found = self._found.get(name)
        if found is None:
            home = self._home(name)
            if home is None:
                return None
            found = self._found[name] = self._model(name, home)
        return found

    def _home(self, name: str) -> str | None:
        """The row for a name; nearly every id is accepted both bare and with its prefix."""
        if name in self._rows:
            return name
        if "/" in name:
            bare = name.partition("/")[2]
            row = self._rows.get(bare)
            return bare if row is not None and "/" not in bare else None
        return self._by_tail.get(name)

    @cached_property
    def _by_tail(self) -> dict[str, str]:
        """Bare name -> the one prefixed id that ends in it."""
        tails: dict[str, str | None] = {}
        for name in self._rows:
            tail = name.rpartition("/")[2]
            if "/" in name:
                tails[tail] = None if tail in tails else name
        return {tail: name for tail, name in tails.items() if name is not None}

    def _model(self, name: str, home: str) -> Model:
        row = self._rows[home]
        listed = row.get("of", home)
        facts = {**self._rows.get(listed, {}), **row}
        takes = {self._paths[int(place)]: node for place, node in row.get("takes", {}).items()}
        takes |= row.get("bodies", {})
        return Model(name, listed, facts, takes)

    def listed(self) -> Iterator[Model]:
        """Every model that the list of models shows."""
        for name, row in self._rows.items():
            if (
                "of" not in row
                and row.get("status") not in HIDDEN
                and self._model(name, name).takes
            ):
                yield self._model(name, name)

    def all(self) -> Iterator[Model]:
        """Every name that is known, whatever became of it."""
        for name in self._rows:
            yield self._model(name, name)

    @cached_property
    def aliases(self) -> Mapping[str, list[str]]:
        """Listed id -> its other spellings."""
        found: dict[str, list[str]] = {}
        for name, row in self._rows.items():
            if "of" in row:
                found.setdefault(row["of"], []).append(name)
        return found

    # --- judging -----

    def issues(self, model: Model, path: str, body: Any) -> list[Issue]:
        """What is wrong with a body by the schema of the model's path; nothing without one."""
        number = self._number(model, path)
        return [] if number is None else self._judge.issues(number, body)

    def _number(self, model: Model, path: str) -> int | None:
        number = model.takes.get(path)
        if number is None and path == CHAT and not model.takes:
            with self._lock:
                return self._pool.add(_common())
        return number

    def params(self, model: Model, path: str) -> frozenset[str] | None:
        """The parameters that the schema lists; None if there is no schema."""
        number = model.takes.get(path)
        if number is None:
            return None
        if number not in self._declared:
            self._declared[number] = frozenset(_properties(self._pool.nodes, number))
        return self._declared[number]

    def declares(self, model: Model, path: str, name: str) -> bool | None:
        """Whether the schema lists a parameter; None if there is no schema."""
        known = self.params(model, path)
        return None if known is None else name in known

    def words(self, model: Model, path: str, name: str) -> frozenset[str]:
        """Every word of the closed ``type`` fields below a parameter."""
        key = model.takes[path], name
        if key not in self._words:
            self._words[key] = frozenset(_words_below(self._pool.nodes, *key))
        return self._words[key]

    def schema(self, model: Model, path: str) -> Json | None:
        """The JSON schema of a body."""
        number = model.takes.get(path)
        return None if number is None else expand(self._pool.nodes, number)

    # --- changing -----

    def add(
        self,
        name: str,
        *,
        like: str | None = None,
        bodies: Mapping[str, Schema] | None = None,
        **facts: object,
    ) -> None:
        """A new model, or another one in its place.

        Args:
            name: Its id.
            like: The id of a model that takes the same.
            bodies: Path -> JSON schema of the body, over those of ``like``.
            facts: ``kind``, ``vendor``, ``context``, ``output`` (tokens), ``price`` (US dollars a
                million tokens: input, output, cached input), ``status``, ``of``, ``replaced_by``.
        """
        row: dict[str, Any] = {"status": "live"}
        takes: dict[str, int] = {}
        if like is not None:
            home = self.find(like)
            if home is None:
                raise KeyError(f"there is no model {like!r} to be like")
            row |= {key: value for key, value in home.row.items() if key not in ("of", "takes")}
            takes |= home.takes
        with self._lock:
            takes |= {path: self._pool.add(schema) for path, schema in (bodies or {}).items()}
            self._rows[name] = {**row, **facts, "bodies": takes}
            self._forget()

    def change(
        self,
        name: str,
        *,
        path: str = CHAT,
        refuse: Iterable[str] = (),
        enums: Mapping[str, Sequence[object]] | None = None,
        limits: Mapping[str, tuple[float, float]] | None = None,
        require: Iterable[str] = (),
        closed: bool | None = None,
        schema: Schema | None = None,
        **facts: object,
    ) -> None:
        """What a model takes from now on, as APIs change under a running client.

        Args:
            name: The model's id.
            path: The path whose body changes.
            refuse: Parameters that are refused from now on.
            enums: Parameter -> the only values that are taken.
            limits: Parameter -> least and greatest number.
            require: Parameters that must be there.
            closed: Whether parameters that the schema does not list are refused.
            schema: A whole new body.
            facts: As for `add`.
        """
        model = self.find(name)
        if model is None:
            raise KeyError(f"there is no model {name!r}")
        made = dict(schema or self.schema(model, path) or record(("model",)))
        fields = dict(made.get("properties", {}))
        fields |= {one: {"not": ANY} for one in refuse}
        fields |= {one: {"enum": list(values)} for one, values in (enums or {}).items()}
        for one, (low, high) in (limits or {}).items():
            fields[one] = {"type": "number", "minimum": low, "maximum": high}
        made["properties"] = fields
        made["required"] = [*made.get("required", ()), *require]
        if closed is not None:
            made["additionalProperties"] = not closed
        with self._lock:
            takes = {**model.takes, path: self._pool.add(made)}
            kept = {key: value for key, value in model.row.items() if key != "takes"}
            self._rows[self._home(name) or name] = {**kept, **facts, "bodies": takes}
            self._forget()

    def remove(self, name: str, *, replaced_by: str | None = None) -> None:
        """A model is withdrawn: 404 from now on."""
        model = self.find(name)
        if model is None:
            raise KeyError(f"there is no model {name!r}")
        with self._lock:
            row = {**model.row, "status": WITHDRAWN}
            self._rows[name] = {**row, "replaced_by": replaced_by} if replaced_by else row
            self._forget()

    def _forget(self) -> None:
        self._found.clear()
        self.__dict__.pop("_by_tail", None)
        self.__dict__.pop("aliases", None)


def _modern(row: Mapping[str, Any]) -> Mapping[str, object]:
    """A row of the package's catalog, as earlier versions of the emulator read it, in our terms."""
    if "takes" in row or "bodies" in row:
        return row
    made = dict(row)
    if made.get("status") == DEPRECATED and "shutdown_at" not in made:
        made["status"] = WITHDRAWN
    if "replacement" in made:
        made["replaced_by"] = made.pop("replacement")
    return made


def _properties(nodes: Sequence[Node], number: int) -> Iterator[str]:
    node = nodes[number]
    yield from node.get("properties", ())
    for key in ("anyOf", "oneOf", "allOf"):
        for inner in node.get(key, ()):
            yield from _properties(nodes, inner)


def _words_below(nodes: Sequence[Node], number: int, name: str) -> Iterator[str]:
    seen: set[int] = set()
    waiting = [top["properties"][name] for top in _tops(nodes, number) if _has(top, name)]
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        node = nodes[number]
        fields = node.get("properties", {})
        if "type" in fields:
            yield from map(str, nodes[fields["type"]].get("enum", ()))
        waiting += [*fields.values(), *_inner(node)]


def _has(node: Node, name: str) -> bool:
    return name in node.get("properties", {})


def _tops(nodes: Sequence[Node], number: int) -> Iterator[Node]:
    node = nodes[number]
    yield node
    for key in ("anyOf", "oneOf"):
        for inner in node.get(key, ()):
            yield from _tops(nodes, inner)


def _inner(node: Node) -> Iterator[int]:
    for key in ("anyOf", "oneOf", "allOf"):
        yield from node.get(key, ())
    if isinstance(node.get("items"), int):
        yield node["items"]
