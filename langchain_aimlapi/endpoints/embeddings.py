"""Embeddings: texts -> vectors, every model, in as many requests as it takes."""

from __future__ import annotations

import binascii
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import fit_all
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog.facts import Param, Shape
from langchain_aimlapi.endpoints import (
    Context,
    Json,
    Plan,
    Result,
    Step,
    join_meta,
    no_answer,
    read_meta,
    read_object,
    shape_at,
)
from langchain_aimlapi.errors import InvalidRequestError

PATH = "/v1/embeddings"
Purpose = Literal["query", "document"]
Vector: TypeAlias = "array[float]"

# Most texts, and most bytes of UTF-8, in one request, by vendor (the API's documentation names no
# limit, so the vendors' own hold; read 2026-11-23). DashScope answers "batch size is invalid, it
# should not be larger than 10" for v3 and v4; Vertex takes 250 texts and 20,000 tokens, OpenAI
# 2048 texts and 300,000 tokens. A token is at least one byte.
_BATCH = {
    "alibaba-cloud": (10, 300_000),
    "google": (250, 20_000),
    "openai": (2048, 300_000),
}
_DEFAULT_BATCH = (128, 300_000)

# Parameters that mean something for some models only: left out, with a note, for the others.
_COMMON = ("dimensions", "encoding_format", "input_type", "task_type", "title", "auto_truncate",
           "user")  # fmt: skip
# Floats are the only form that a model without this parameter knows.
_IMPLIED = {"encoding_format": ("float",)}
_PURPOSES = {
    "task_type": {"query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT"},
    "input_type": {"query": "query", "document": "document"},
}


@dataclass(frozen=True, slots=True)
class Embedded(Result):
    """Vectors, one per text and in the order of the texts.

    Attributes:
        vectors: Numbers as they came: float32 (``array("f")``) where the model sends base64, else
            float64 (``array("d")``). ``vector.tolist()`` gives a plain list.
    """

    vectors: tuple[Vector, ...] = ()


def plan_embeddings(
    context: Context,
    *,
    model: str,
    input: str | Sequence[str],
    dimensions: int | None = None,
    purpose: Purpose | None = None,
    task_type: str | None = None,
    input_type: str | None = None,
    title: str | None = None,
    auto_truncate: bool | None = None,
    user: str | None = None,
    encoding_format: Literal["float", "base64"] | None = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
    batch_size: int | None = None,
) -> Plan[Embedded]:
    """Vectors for one text or for many.

    Args:
        model: Id of an embedding model, such as ``"text-embedding-3-small"``.
        input: A text, or several; never token ids. None of them may be empty. Texts that a model
            takes only one at a time, or not all in one request, go out in several requests.
        dimensions: Length of the vectors, for models that can shorten them (Qwen: 64 to 2048).
        purpose: ``"query"`` or ``"document"``, for models that embed them differently; the others
            ignore it.
        task_type: Google's own word for it: ``RETRIEVAL_QUERY``, ``CLASSIFICATION``, ...
        input_type: Voyage's own word for it; this API takes ``"document"`` only.
        title: Google: the title of a document.
        auto_truncate: Google: cut what is too long (default) or refuse it.
        user: Your own id of the end user, for models that take one.
        encoding_format: How the numbers travel; no influence on what you get. Default: base64
            where the model can, which is smaller and faster to read.
        params: Further parameters by name.
        extra_body: Goes into every request body verbatim, last.
        batch_size: Most texts in one request. Default: what the vendor takes.

    Returns:
        `Embedded`: as many vectors as texts, in their order.

    Raises:
        InvalidRequestError: an empty text, or something that is no text; names its position.
        UnsupportedFeatureError: a text or a parameter that the model cannot take.

    Wire: POST ``/v1/embeddings`` ``{model, input, ...}`` -> ``{object: "list", data: [{index,
    embedding}], usage, meta}``.
    Source: the embedding model pages of docs.aimlapi.com, read 2026-08-21.
    """
    texts = _texts(input, model)
    facts = context.facts(model)
    shape = shape_at(facts, PATH)
    notes = context.notes(model)
    arguments = {
        **(params or {}),
        **_set(
            dimensions=dimensions,
            task_type=task_type,
            input_type=input_type,
            title=title,
            auto_truncate=auto_truncate,
            user=user,
            encoding_format=encoding_format,
        ),
    }
    fixed = fit_all(
        arguments, shape, notes, common=_COMMON, implied=_IMPLIED, exact=("dimensions",)
    )
    fixed |= _purpose(purpose, arguments, shape)
    if "encoding_format" not in arguments and _takes_base64(shape):
        fixed["encoding_format"] = "base64"
    most, most_bytes = _BATCH.get(facts.vendor or "", _DEFAULT_BATCH)
    batches = list(_batches(texts, shape, notes, batch_size or most, most_bytes))

    def step(batch: Sequence[str]) -> Step[Embedded]:
        body = {"model": model, "input": _wire(batch), **fixed, **(extra_body or {})}
        return lambda policy: _send(context, body, len(batch), notes, policy)

    return Plan(_Lazy(step, batches), _join, model=model, notes=notes)


class _Lazy(Sequence[Step[Embedded]]):
    """The steps of a plan, each made when it is needed."""

    __slots__ = ("_batches", "_make")

    def __init__(
        self, make: Callable[[Sequence[str]], Step[Embedded]], batches: Sequence[Sequence[str]]
    ) -> None:
        self._make = make
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, place: Any) -> Any:
        return self._make(self._batches[place])


def _set(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


# --- what goes out -----


def _texts(texts: object, model: str) -> list[str]:
    """The texts as a list; what is no text, or empty, is refused by its position."""
    if isinstance(texts, str):
        return _checked([texts], model, single=True)
    if isinstance(texts, Mapping | bytes | bytearray) or not hasattr(texts, "__iter__"):
        raise InvalidRequestError(
            f"input must be a text or a list of texts, not {type(texts).__name__}", model=model
        )
    return _checked(list(texts), model, single=False)


def _checked(texts: list[Any], model: str, *, single: bool) -> list[str]:
    for place, text in enumerate(texts):
        name = "input" if single else f"input[{place}]"
        if not isinstance(text, str):
            ids = isinstance(text, int | list) and not isinstance(text, bool)
            what = "token ids" if ids else f"a value of type {type(text).__name__}"
            raise InvalidRequestError(
                f"{name} is {what}; embedding models take text only", model=model, field=name
            )
        if not text:
            raise InvalidRequestError(
                f"{name} is an empty text, which has no embedding",
                advice="leave empty texts out before embedding",
                model=model,
                field=name,
            )
    return texts


def _purpose(
    purpose: Purpose | None, arguments: Mapping[str, object], shape: Shape
) -> dict[str, object]:
    """The model's own word for what the texts are for; nothing where it has none."""
    if purpose is None:
        return {}
    for name, words in _PURPOSES.items():
        facts = (shape.params or {}).get(name)
        word = words[purpose]
        if facts is not None and name not in arguments and (not facts.enum or word in facts.enum):
            return {name: word}
    return {}


def _takes_base64(shape: Shape) -> bool:
    facts = (shape.params or {}).get("encoding_format")
    return facts is not None and "base64" in (facts.enum or ())


def _batches(
    texts: list[str], shape: Shape, notes: Notes, size: int, most_bytes: int
) -> Iterator[list[str]]:
    """The texts in order, as many in one request as the model takes there.

    Voyage takes 8000 characters in a lone text and 800 in a list, so a text in between goes out
    alone.
    """
    facts = (shape.params or {}).get("input") or Param()
    in_list = facts.items.max_length if facts.items is not None else None
    lists = not facts.types or "array" in facts.types
    if lists and facts.max_items is not None:
        size = min(size, facts.max_items)
    batch: list[str] = []
    batch_bytes = 0
    for place, text in enumerate(texts):
        _check_length(text, place, facts.max_length, notes)
        length = len(text.encode("utf-8", "replace"))
        # JavaScript counts an emoji twice; sent alone, a text is right by either way of counting.
        alone = not lists or (in_list is not None and _units(text) > in_list)
        if batch and (alone or len(batch) >= size or batch_bytes + length > most_bytes):
            yield batch
            batch, batch_bytes = [], 0
        if alone:
            yield [text]
            continue
        batch.append(text)
        batch_bytes += length
    if batch:
        yield batch


def _check_length(text: str, place: int, limit: int | None, notes: Notes) -> None:
    if limit is not None and len(text) > limit and notes.policy != "send":
        raise notes.impossible(
            f"input[{place}]",
            f"it has {len(text)} characters and the model takes {limit}",
            "split the text into chunks, or choose a model that takes longer texts",
        )


def _units(text: str) -> int:
    """Length in UTF-16 code units, as JavaScript counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _wire(batch: Sequence[str]) -> str | list[str]:
    return batch[0] if len(batch) == 1 else list(batch)


# --- what comes back -----


def _send(context: Context, body: Json, count: int, notes: Notes, policy: Policy) -> Flow[Embedded]:
    request = context.json_request(PATH, body, model=notes.model, notes=notes)
    parse = partial(parse_embeddings, count=count, policy=policy)
    return flow.call(request, parse, policy, mend=context.mend(request, notes))


def parse_embeddings(response: Response, *, count: int, policy: Policy) -> Embedded:
    """The vectors of one answer, in the order of the texts.

    Args:
        count: The number of texts that were sent.

    Raises:
        InvalidResponseError: there are more or fewer vectors, or one that is none.
    """
    body = read_object(response, policy, "embeddings")
    data = body.get("data")
    if not isinstance(data, list) or len(data) != count:
        got = f"{len(data)} embeddings" if isinstance(data, list) else "no list of embeddings"
        raise no_answer(response, policy, f"{got} for {count} texts")
    try:
        vectors = tuple(_vector(item) for item in _in_order(data))
    except (TypeError, ValueError, KeyError, OverflowError, binascii.Error) as error:
        problem = f"an embedding that is no list of numbers ({type(error).__name__})"
        raise no_answer(response, policy, problem) from None
    if any(len(vector) != len(vectors[0]) for vector in vectors):
        raise no_answer(response, policy, "embeddings of different lengths")
    return Embedded(vectors=vectors, meta=read_meta(response, body, known=("data",)))


def _in_order(data: list[Any]) -> list[object]:
    """By ``index`` where that numbers the items; some vendors put 0 everywhere."""
    places = [item.get("index") if isinstance(item, Mapping) else None for item in data]
    if all(type(place) is int for place in places) and set(places) == set(range(len(data))):
        return sorted(data, key=lambda item: int(item["index"]))
    return data


def _vector(item: Any) -> Vector:
    numbers = item["embedding"]
    if isinstance(numbers, str):
        vector = array("f", binascii.a2b_base64(numbers, strict_mode=True))
        if sys.byteorder == "big":
            vector.byteswap()
    else:
        vector = array("d", numbers)
    if not vector:
        raise ValueError("empty")
    return vector


def _join(answers: list[Embedded]) -> Embedded:
    if not answers:
        return Embedded()
    return Embedded(
        vectors=tuple(vector for answer in answers for vector in answer.vectors),
        meta=join_meta([answer.meta for answer in answers]),
    )
