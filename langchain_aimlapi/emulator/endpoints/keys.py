"""GET /v1/key and the management of keys: GET and POST /v1/keys, PATCH, PUT and DELETE of one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from langchain_aimlapi.emulator._account import SCOPES, Key
from langchain_aimlapi.emulator._core import Answer, Call, Json, Refusal, json_answer, kind_of
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import refuse
from langchain_aimlapi.emulator.contract.schema import Issue, enum_text

_SCOPES = tuple(f"model:{scope}" for scope in SCOPES)
_RETENTIONS = ("no_reset", "day", "week", "month")


@route("GET", "/v1/key")
def own(call: Call, state: State) -> Answer:
    """The key that the call carries."""
    key = state.account.key_of(call, x_api_key=False)
    return json_answer({"data": _row(state, key)})


@route("GET", "/v1/keys")
def every(call: Call, state: State) -> Answer:
    """All keys of the account."""
    _manage(call, state)
    return json_answer({"data": [_row(state, key) for key in state.account.every_key()]})


@route("POST", "/v1/keys")
def create(call: Call, state: State) -> Answer:
    """A new key; its secret is shown only here."""
    _manage(call, state)
    body = call.json()
    refuse(_issues(body))
    key = state.account.add_key(state.ids.hex(32), **_settings(body))
    return json_answer({"data": {**_row(state, key), "key": key.secret}})


@route("PATCH", "/v1/keys/*")
@route("PUT", "/v1/keys/*")
def change(call: Call, state: State) -> Answer:
    """A key's name, scopes, limit, or whether it is switched off."""
    key = _found(call, state)
    body = call.json()
    refuse(_issues(body))
    for name, value in _settings(body).items():
        if name == "limit" and value is not None:
            value = Decimal(str(value))
        setattr(key, name, value)
    return json_answer({"data": _row(state, key)})


@route("DELETE", "/v1/keys/*")
def delete(call: Call, state: State) -> Answer:
    """Withdraws a key."""
    key = _found(call, state)
    state.account.drop(key.prefix)
    return json_answer({"data": {"prefix": key.prefix, "deleted": True}})


def _manage(call: Call, state: State) -> None:
    if not state.account.key_of(call, x_api_key=False).management:
        raise Refusal(403, "A management key is needed.")


def _found(call: Call, state: State) -> Key:
    _manage(call, state)
    prefix = call.path.rpartition("/")[2]
    key = state.account.by_prefix(prefix)
    if key is None:
        raise Refusal(404, f"API key with prefix '{prefix}' not found")
    return key


def _issues(body: Json) -> list[Issue]:
    found = []
    name, scopes, limit = body.get("name"), body.get("scopes"), body.get("limit")
    if name is not None and not isinstance(name, str):
        found.append(Issue("name", f"Expected string, received {kind_of(name)}"))
    if scopes is not None and not isinstance(scopes, list):
        found.append(Issue("scopes", f"Expected array, received {kind_of(scopes)}"))
    for place, scope in enumerate(scopes if isinstance(scopes, list) else ()):
        if scope not in _SCOPES:
            found.append(Issue(f"scopes.{place}", enum_text(_SCOPES, scope)))
    if limit is not None:
        found += _limit_issues(limit)
    if not isinstance(body.get("disabled", False), bool):
        found.append(Issue("disabled", "Expected boolean"))
    return found


def _limit_issues(limit: object) -> list[Issue]:
    if not isinstance(limit, dict):
        return [Issue("limit", f"Expected object, received {kind_of(limit)}")]
    threshold, retention = limit.get("threshold"), limit.get("retention", "no_reset")
    found = []
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or threshold < 0:
        found.append(Issue("limit.threshold", "Expected number"))
    if retention not in _RETENTIONS:
        found.append(Issue("limit.retention", enum_text(_RETENTIONS, retention)))
    return found


def _settings(body: Json) -> dict[str, object]:
    made: dict[str, Any] = {}
    if isinstance(body.get("name"), str):
        made["name"] = body["name"]
    if "scopes" in body:
        made["scopes"] = tuple(body["scopes"] or ())
    if "limit" in body:
        limit = body["limit"] or {}
        made["limit"] = limit.get("threshold")
        made["retention"] = limit.get("retention", "no_reset")
    if "disabled" in body:
        made["disabled"] = body["disabled"]
    return made


def _row(state: State, key: Key) -> Json:
    limit = None
    if key.limit is not None:
        limit = {"retention": key.retention, "threshold": float(key.limit)}
    return {
        "prefix": key.prefix,
        "name": key.name,
        "scopes": list(key.scopes) or None,
        "limit": limit,
        "disabled": key.disabled,
        "monthly_usage": float(key.spent),
        "created_at": state.moment(key.created),
        "updated_at": state.moment(),
    }
