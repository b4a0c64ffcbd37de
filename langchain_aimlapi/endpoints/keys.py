"""API keys: the permissions of this one; creating, limiting and revoking others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from langchain_aimlapi._answers.usage import number
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    Context,
    Json,
    Plan,
    Result,
    no_answer,
    once,
    only,
    read_object,
)
from langchain_aimlapi.endpoints._values import object_in, objects, text_or_none, texts
from langchain_aimlapi.errors import InvalidRequestError

OWN = "/v1/key"
KEYS = "/v1/keys"
Scope = Literal["chat", "responses", "image", "audio", "video", "embeddings", "speech", "ocr"]
Renewal = Literal["no_reset", "day", "week", "month"]


@dataclass(frozen=True, slots=True)
class KeyInfo(Result):
    """A key, without its secret.

    Attributes:
        prefix: Its first letters; that is how it is named.
        name: What its owner calls it.
        scopes: What it may call, such as ``"chat"``; empty: everything.
        limit_usd: US dollars that it may spend; None: without a limit.
        renewal: When the limit starts anew.
        is_disabled: Whether it is switched off.
        month_usd_spent: US dollars that it has spent this month.
        created_at, updated_at: ISO 8601.
    """

    prefix: str = ""
    name: str | None = None
    scopes: tuple[str, ...] = ()
    limit_usd: float | None = None
    renewal: str | None = None
    is_disabled: bool = False
    month_usd_spent: float = 0.0
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class NewKey(KeyInfo):
    """A key that was just created.

    Attributes:
        secret: The key itself. The API shows it this once; it is in no repr.
    """

    secret: str = field(default="", repr=False, compare=False)


def plan_own_key(context: Context) -> Plan[KeyInfo]:
    """What the client's own key may do, and has spent.

    Wire: GET ``/v1/key`` -> ``{data: {prefix, name, scopes, limit, disabled, ...}}``.
    Source: the key page of docs.aimlapi.com, read 2026-08-21.
    """
    return Plan([once(context.request("GET", OWN), _parse_key)], only)


def plan_keys(context: Context) -> Plan[tuple[KeyInfo, ...]]:
    """All keys of the account. Needs the management key.

    Wire: GET ``/v1/keys`` -> ``{data: [...]}``.
    Source: the key management page of docs.aimlapi.com, read 2026-08-21.
    """
    return Plan([once(context.request("GET", KEYS), _parse_keys)], only, is_management=True)


def plan_create_key(
    context: Context,
    *,
    name: str | None = None,
    scopes: Iterable[Scope] = (),
    limit_usd: float | None = None,
    renewal: Renewal = "no_reset",
) -> Plan[NewKey]:
    """Create a key. Needs the management key; never sent twice: a retry could create a second key.

    Args:
        name: What to call it.
        scopes: What it may call. Default: everything.
        limit_usd: US dollars that it may spend. Default: no limit.
        renewal: When the limit starts anew.

    Returns:
        A `NewKey` with the ``secret``, which cannot be read again.

    Wire: POST ``/v1/keys`` ``{name, scopes, limit: {threshold, retention}}`` -> ``{data: {...,
    key}}``.
    Source: the key management page of docs.aimlapi.com, read 2026-08-21.
    """
    body = _settings(name, scopes or None, limit_usd, renewal)
    request = context.json_request(KEYS, body)
    return Plan([once(request, _parse_new, repeatable=False)], only, is_management=True)


def plan_change_key(
    context: Context,
    prefix: str,
    *,
    name: str | None = None,
    scopes: Iterable[Scope] | None = None,
    limit_usd: float | None = None,
    renewal: Renewal | None = None,
    without_limit: bool = False,
    is_disabled: bool | None = None,
) -> Plan[KeyInfo]:
    """Rename a key, limit it, or switch it off and on. Needs the management key.

    Args:
        prefix: The first letters of the key.
        name, scopes, limit_usd, renewal: As for `service.create_key`; None leaves them as they
            are.
        without_limit: Take the limit away.
        is_disabled: Whether the key is switched off.

    Wire: PATCH ``/v1/keys/<prefix>`` ``{name, scopes, limit, disabled}`` -> ``{data}``.
    Source: the key management page of docs.aimlapi.com, read 2026-08-21.
    """
    if renewal is not None and limit_usd is None:
        raise InvalidRequestError("renewal belongs to a limit: give limit_usd too", field="limit")
    if without_limit and limit_usd is not None:
        raise InvalidRequestError("give either limit_usd or without_limit", field="limit")
    body = _settings(name, scopes, limit_usd, renewal)
    body |= {"limit": None} if without_limit else {}
    body |= {"disabled": is_disabled} if is_disabled is not None else {}
    request = context.json_request(_at(prefix), body, method="PATCH")
    return Plan([once(request, _parse_key)], only, is_management=True)


def plan_delete_key(context: Context, prefix: str) -> Plan[bool]:
    """Revoke a key for good. Needs the management key.

    Args:
        prefix: The first letters of the key.

    Returns:
        Whether it is withdrawn.

    Wire: DELETE ``/v1/keys/<prefix>`` -> ``{data: {prefix, deleted}}``.
    Source: the key management page of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.request("DELETE", _at(prefix))
    return Plan([once(request, _parse_deleted)], only, is_management=True)


def _at(prefix: str) -> str:
    if not prefix:
        raise InvalidRequestError("a key is named by its first letters", field="prefix")
    return f"{KEYS}/{quote(prefix, safe='')}"


def _settings(
    name: str | None,
    scopes: Iterable[str] | None,
    limit_usd: float | None,
    renewal: str | None,
) -> dict[str, object]:
    body: dict[str, Any] = {}
    if name is not None:
        body["name"] = name
    if scopes is not None:
        body["scopes"] = [f"model:{scope.removeprefix('model:')}" for scope in scopes]
    if limit_usd is not None:
        body["limit"] = {"threshold": limit_usd, "retention": renewal or "no_reset"}
    return body


# --- what comes back -----


def _data(response: Response, policy: Policy) -> Json:
    data = object_in(read_object(response, policy, "a key").get("data"))
    if not text_or_none(data.get("prefix")):
        raise no_answer(response, policy, "no key")
    return data


def _parse_key(response: Response, policy: Policy) -> KeyInfo:
    return KeyInfo(**_fields(_data(response, policy)))


def _parse_new(response: Response, policy: Policy) -> NewKey:
    data = _data(response, policy)
    secret = text_or_none(data.get("key"))
    if secret is None:
        raise no_answer(response, policy, "a key without its secret")
    return NewKey(secret=secret, **_fields(data))


def _parse_keys(response: Response, policy: Policy) -> tuple[KeyInfo, ...]:
    body = read_object(response, policy, "keys")
    if not isinstance(body.get("data"), list):
        raise no_answer(response, policy, "no list of keys")
    return tuple(KeyInfo(**_fields(row)) for row in objects(body["data"]))


def _parse_deleted(response: Response, policy: Policy) -> bool:
    return _data(response, policy).get("deleted") is True


def _fields(row: Json) -> dict[str, Any]:
    limit = object_in(row.get("limit"))
    return {
        "prefix": str(row.get("prefix") or ""),
        "name": text_or_none(row.get("name")),
        "scopes": tuple(scope.removeprefix("model:") for scope in texts(row.get("scopes"))),
        "limit_usd": number(limit.get("threshold")),
        "renewal": text_or_none(limit.get("retention")),
        "is_disabled": row.get("disabled") is True,
        "month_usd_spent": number(row.get("monthly_usage")) or 0.0,
        "created_at": text_or_none(row.get("created_at")),
        "updated_at": text_or_none(row.get("updated_at")),
    }
