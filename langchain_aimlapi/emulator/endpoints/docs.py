"""GET /docs-json and /docs-yaml: the API's own OpenAPI, of one model or of all operations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from langchain_aimlapi.emulator._catalogue import PATH_OF, TYPES
from langchain_aimlapi.emulator._core import Answer, Call, Json, Refusal, json_answer
from langchain_aimlapi.emulator._models import WITHDRAWN, Model
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State

YAML_TYPE = "text/yaml; charset=utf-8"
_PLAIN = re.compile(r"[A-Za-z_/][\w/.-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


@route("GET", "/docs-json", needs_key=False)
def one(call: Call, state: State) -> Answer:
    """The OpenAPI of one model, on the endpoint that is named or on the first that serves it."""
    query = dict(call.query)
    name = query.get("model", "")
    model = state.models.find(name) if name else None
    if model is None or model.status == WITHDRAWN or not model.takes:
        raise Refusal(404, f"Model '{name}' not found")
    wanted = query.get("endpoint")
    path = PATH_OF.get(wanted) if wanted else next(iter(model.takes))
    if path is None or path not in model.takes:
        raise Refusal(404, f"Model '{name}' has no endpoint '{wanted}'")
    names = [model.id, *state.models.aliases.get(model.id, ())]
    schema = _named(state.models.schema(model, path) or {}, sorted({*names, model.name}))
    return json_answer(_document({path: {"post": _operation(path, schema)}}))


@route("GET", "/docs-yaml", needs_key=False)
def everything(call: Call, state: State) -> Answer:
    """Every operation in one document; models that take the same stand in one group."""
    paths: Json = {}
    for path in TYPES:
        groups: dict[int, list[Model]] = {}
        for model in state.models.all():
            if path in model.takes and model.status != WITHDRAWN:
                groups.setdefault(model.takes[path], []).append(model)
        options = [
            _named(state.models.schema(models[0], path) or {}, [one.name for one in models])
            for models in groups.values()
        ]
        if options:
            schema = options[0] if len(options) == 1 else {"anyOf": options}
            paths[path] = {"post": _operation(path, schema)}
    paths["/v1/responses/:response_id"] = {"get": _operation("/v1/responses", {})}
    text = "\n".join(yaml_lines(_document(paths), 0)) + "\n"
    return Answer(200, {"content-type": YAML_TYPE}, (text.encode("utf-8", "replace"),))


def _document(paths: Json) -> Json:
    return {
        "openapi": "3.0.0",
        "info": {"title": "AIML API", "version": "1.0.0"},
        "servers": [{"url": "https://api.aimlapi.com"}],
        "paths": paths,
    }


def _operation(path: str, schema: Json) -> Json:
    answer = {"content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "operationId": f"_{path.strip('/').replace('/', '_')}",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": answer},
    }


def _named(schema: Json, names: list[str]) -> Json:
    """The schema with its models' names, as the gateway prints it."""
    fields = dict(schema.get("properties", {}))
    fields["model"] = {"type": "string", "enum": names}
    return {**schema, "properties": fields, "title": ", ".join(names)}


# --- YAML -----


def yaml_lines(value: object, depth: int) -> Iterator[str]:
    """Block YAML of a JSON value, line by line."""
    space = "  " * depth
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _entry(f"{space}{_scalar(key)}:", inner, depth)
    elif isinstance(value, list):
        for inner in value:
            yield from _entry(f"{space}-", inner, depth)


def _entry(head: str, value: object, depth: int) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from yaml_lines(value, depth + 1)
    elif isinstance(value, dict | list):
        yield f"{head} {'{}' if isinstance(value, dict) else '[]'}"
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: object) -> str:
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
