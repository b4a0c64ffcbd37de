"""The account behind the keys: balance, keys and their limits, charges, and calls."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from langchain_aimlapi.emulator._core import Call, Json, Refusal
from langchain_aimlapi.emulator._errors import KEY_LIMIT, MESSAGES, NO_KEY
from langchain_aimlapi.emulator._ledger import CREDITS_PER_USD, Cost, Tokens

PREFIX = 8
SCOPES = ("chat", "responses", "image", "audio", "video", "embeddings", "speech", "ocr")
_SCOPE_OF = (
    ("/responses", "responses"),
    ("/images", "image"),
    ("/video", "video"),
    ("/generate/audio", "audio"),
    ("/embeddings", "embeddings"),
    ("/stt", "speech"),
    ("/tts", "speech"),
    ("/ocr", "ocr"),
    ("/chat", "chat"),
    ("/messages", "chat"),
)


@dataclass(slots=True)
class Key:
    """One API key.

    Attributes:
        name: What its owner calls it.
        scopes: What it may be used for, such as ``model:chat``; empty: for everything.
        limit: US dollars that it may spend; None: without limit.
        retention: When the limit starts anew: ``no_reset``, ``day``, ``week``, ``month``.
        spent: US dollars that it has spent.
        out_of_credit: Its owner has no credit left.
        management: It manages keys instead of asking models.
        disabled: It is switched off.
    """

    secret: str = field(repr=False)
    name: str = "emulator"
    scopes: tuple[str, ...] = ()
    limit: Decimal | None = None
    retention: str = "no_reset"
    spent: Decimal = Decimal(0)
    out_of_credit: bool = False
    management: bool = False
    disabled: bool = False
    created: float = 0.0
    renewed: float = 0.0

    @property
    def prefix(self) -> str:
        return self.secret[:PREFIX]


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the account's ledger."""

    at: float
    direction: str
    kind: str
    usd: Decimal
    model: str | None
    reference: str

    def json(self, moment: Callable[[float], str]) -> Json:
        amount = {"usd": float(self.usd), "credits": int(self.usd * CREDITS_PER_USD)}
        return {
            "created_at": moment(self.at),
            "direction": self.direction,
            "type": self.kind,
            "amount": amount,
            "model": self.model,
            "reference_id": self.reference,
        }


@dataclass(slots=True)
class LogRow:
    """One request, as the usage logs show it."""

    at: float
    model: str
    key: str
    succeeded: bool
    cost: Cost
    tokens: Tokens
    request_id: str
    inference_id: str
    client_request_id: str | None


class Account:
    """Balance, keys, charges and logs. Safe in threads."""

    def __init__(self, balance: Decimal, clock: Callable[[], float], keys: Iterable[Key]) -> None:
        self._lock = threading.RLock()
        self._clock = clock
        self._balance = balance
        self._keys: dict[str, Key] = {}
        self._pending: dict[str, tuple[str, Cost, Tokens]] = {}
        self._logged: dict[str, LogRow] = {}
        self.charges: list[Charge] = []
        self.logs: list[LogRow] = []
        for key in keys:
            key.created = key.created or clock()
            self._keys[key.secret] = key
        if balance:
            self.charges.append(Charge(clock(), "TOPUP", "INIT", balance, None, "init"))

    @property
    def balance(self) -> Decimal:
        with self._lock:
            return self._balance

    # --- keys -----

    def add_key(self, secret: str, **settings: Any) -> Key:
        """Another key; see `Key` for the settings. ``limit`` is in US dollars."""
        if settings.get("limit") is not None:
            settings["limit"] = Decimal(str(settings["limit"]))
        key = Key(secret, created=self._clock(), **settings)
        with self._lock:
            self._keys[secret] = key
        return key

    def every_key(self) -> list[Key]:
        with self._lock:
            return list(self._keys.values())

    def by_prefix(self, prefix: str) -> Key | None:
        return next((key for key in self.every_key() if key.prefix == prefix), None)

    def drop(self, prefix: str) -> bool:
        with self._lock:
            found = self.by_prefix(prefix)
            return found is not None and self._keys.pop(found.secret, None) is not None

    def key_of(self, call: Call, *, x_api_key: bool) -> Key:
        """The key that a call carries. Raises `Refusal` (401)."""
        scheme, _, secret = call.headers.get("authorization", "").partition(" ")
        secret = secret.strip() if scheme.lower() == "bearer" else ""
        if not secret and x_api_key:
            secret = call.headers.get("x-api-key", "").strip()
        if not secret:
            empty = "authorization" not in call.headers or scheme.lower() == "bearer"
            raise Refusal(401, NO_KEY if empty else MESSAGES[401])
        found = next(
            (key for known, key in self._keys.items() if _equal(known, secret)),
            None,
        )
        if found is None or found.disabled:
            raise Refusal(401, MESSAGES[401])
        return found

    def admit(self, call: Call, *, x_api_key: bool) -> Key:
        """Refuses a call whose key is unknown, spent, or not meant for its path."""
        key = self.key_of(call, x_api_key=x_api_key)
        self._renew(key)
        if key.out_of_credit:
            raise Refusal(403, MESSAGES[403])
        if call.method != "POST":
            return key
        scope = next((scope for part, scope in _SCOPE_OF if part in call.path), None)
        if scope is None:
            return key
        if key.management or (key.scopes and f"model:{scope}" not in key.scopes):
            raise Refusal(403, "This API key has no permission for this endpoint.")
        if key.limit is not None and key.spent >= key.limit:
            raise Refusal(403, KEY_LIMIT)
        if self.balance <= 0:
            raise Refusal(403, MESSAGES[403])
        return key

    def _renew(self, key: Key) -> None:
        """A limit for a day, a week or a month starts anew at midnight, UTC."""
        if key.retention == "no_reset":
            return
        now = datetime.fromtimestamp(self._clock(), UTC)
        last = datetime.fromtimestamp(key.renewed or key.created, UTC)
        marks = {
            "day": (now.date(), last.date()),
            "week": (now.isocalendar()[:2], last.isocalendar()[:2]),
            "month": ((now.year, now.month), (last.year, last.month)),
        }
        present, past = marks.get(key.retention, (0, 0))
        if present != past:
            key.spent, key.renewed = Decimal(0), self._clock()

    # --- charges and logs -----

    def charge(
        self, call: Call, model: str, cost: Cost, tokens: Tokens, reference: str | None = None
    ) -> Cost:
        """Takes a call's price from the balance and from its key's limit."""
        with self._lock:
            self._balance -= cost.usd
            key = self._known(call)
            if key is not None:
                key.spent += cost.usd
            line = Charge(
                self._clock(), "CHARGE", "MODEL_USAGE", cost.usd, model, reference or call.inference
            )
            self.charges.append(line)
            row = self._logged.get(call.request_id)
            if row is not None:  # work that was delivered after its submission was answered
                row.cost = cost
            else:
                self._pending[call.request_id] = (model, cost, tokens)
        return cost

    def _known(self, call: Call) -> Key | None:
        secret = call.headers.get("authorization", "").partition(" ")[2].strip()
        return self._keys.get(secret or call.headers.get("x-api-key", "").strip())

    def log(self, call: Call, model: str, status: int, client_request_id: str | None) -> None:
        """Notes that a model was called."""
        with self._lock:
            known = self._pending.pop(call.request_id, None)
            name, cost, tokens = known or (model, Cost.of(Decimal(0)), Tokens(0, 0))
            key = self._known(call)
            row = LogRow(
                self._clock(),
                name,
                key.prefix if key else "",
                status < 400,
                cost,
                tokens,
                call.request_id,
                call.inference,
                client_request_id,
            )
            self.logs.append(row)
            self._logged[call.request_id] = row

    def refund(self, usd: Decimal, reference: str) -> None:
        """Gives money back, as after a batch that expired."""
        with self._lock:
            self._balance += usd
            self.charges.append(Charge(self._clock(), "TOPUP", "REFUND", usd, None, reference))


def _equal(known: str, secret: str) -> bool:
    return hmac.compare_digest(known.encode("utf-8", "replace"), secret.encode("utf-8", "replace"))


def cursor(offset: int, filters: Mapping[str, object]) -> str:
    """An opaque place in a list; one that was altered in any way is not taken."""
    text = f"{offset}.{sorted(filters.items())}"
    return f"{offset}.{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def offset_of(text: str, filters: Mapping[str, object]) -> int | None:
    """The place behind a cursor; None for one that was altered."""
    head = text.partition(".")[0]
    if not head.isdecimal() or cursor(int(head), filters) != text:
        return None
    return int(head)
