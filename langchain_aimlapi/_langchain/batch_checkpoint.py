"""What was ordered in batches: a file of JSON lines, so that a program that is killed pays once.

Every call is known by its own digest, not by the batch that it went out in: single calls of a
program that is run again come together in other batches than before.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_aimlapi import errors
from langchain_aimlapi._json import encode
from langchain_aimlapi._langchain.batches import Row
from langchain_aimlapi._langchain.json_lines import ends_with_a_line, objects_in

Place = tuple[str, int]
"""The id of a batch, and the place of a call in it."""
_UNDER_WAY: set[str] = set()
"""Orders that this process is sending: whether they are accepted will be known."""


@dataclass(slots=True)
class Order:
    """A batch that is being ordered: its name in the file, and its id once it has one."""

    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    id: str = ""


@dataclass(slots=True)
class _Known:
    """What a file tells: where each call was ordered, and the orders of which nobody knows."""

    places: dict[str, deque[Place]]
    doubtful: dict[str, str]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where batches are remembered.

    Attributes:
        path: The file; None: nothing is remembered.
        scope: The model and the address, of which the same call is another one.
    """

    path: str | None
    scope: str

    def find(self, rows: Sequence[Row]) -> list[Place | None]:
        """Where each call was ordered before; None where it was not, or has failed there. The
        second of two equal calls is looked for as a second one.

        Raises:
            InvalidRequestError: an earlier run was killed while it ordered one of them, so that
                nobody knows whether the API has accepted it.
        """
        if self.path is None:
            return [None] * len(rows)
        known = self._read()
        found: list[Place | None] = []
        for row in rows:
            digest = self._digest(row)
            places = known.places.get(digest)
            if not places and digest in known.doubtful:
                raise self._doubt(known.doubtful[digest])
            found.append(places.popleft() if places else None)
        return found

    @contextmanager
    def ordering(self, rows: Sequence[Row]) -> Iterator[Order]:
        """Inside, a batch of these calls is ordered, and its id is put into the order."""
        order = Order()
        if self.path is None:
            yield order
            return
        digests = [self._digest(row) for row in rows]
        _UNDER_WAY.add(order.name)
        self._append({"order": order.name, "calls": digests})
        try:
            yield order
        except BaseException as error:
            if isinstance(error, errors.AimlapiError) and not _may_be_accepted(error):
                self._append({"order": order.name, "refused": True})
            raise
        else:
            self._append({"order": order.name, "id": order.id})
        finally:
            _UNDER_WAY.discard(order.name)

    def failed(self, id: str, places: Sequence[int] | None) -> None:
        """Calls of a batch, or all of them, have ended without an answer: the next run orders them
        anew."""
        if self.path is not None and (places is None or places):
            self._append({"id": id, "failed": "all" if places is None else sorted(places)})

    def _digest(self, row: Row) -> str:
        return hashlib.sha256(self.scope.encode() + encode(row[1], "")).hexdigest()[:32]

    def _doubt(self, name: str) -> errors.InvalidRequestError:
        return errors.InvalidRequestError(
            f"an earlier run was stopped while it ordered this batch ({self.path}), so it may "
            "have been accepted",
            advice="look into the usage log; to order it again, delete the line with "
            f"{name[:12]}... from the file",
        )

    def _read(self) -> _Known:
        try:
            text = Path(self.path or "").read_text(encoding="utf-8")
        except FileNotFoundError:
            return _Known({}, {})
        orders: dict[str, list[str]] = {}
        ids: dict[str, str] = {}
        settled, failed = set(_UNDER_WAY), defaultdict[str, set[int]](set)
        for _, line in objects_in(text):
            name, id = str(line.get("order")), str(line.get("id"))
            if isinstance(calls := line.get("calls"), list):
                orders[name] = [str(each) for each in calls]
            elif "failed" in line:
                failed[id].update(_places(line["failed"]))
            elif "id" in line:
                ids[name] = id
            elif line.get("refused"):
                settled.add(name)
        known = _Known(defaultdict(deque), {})
        for name, calls in orders.items():
            for place, digest in enumerate(calls):
                if name not in ids:
                    if name not in settled:
                        known.doubtful[digest] = name
                elif failed[ids[name]].isdisjoint((place, -1)):
                    known.places[digest].append((ids[name], place))
        return known

    def _append(self, entry: dict[str, Any]) -> None:
        path = Path(self.path or "")
        is_cut = path.exists() and not ends_with_a_line(path)
        with path.open("a", encoding="utf-8") as file:
            file.write(("\n" if is_cut else "") + json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _places(failed: object) -> list[int]:
    """The places that a line names; -1 is all of them."""
    if isinstance(failed, list):
        return [each for each in failed if isinstance(each, int)]
    return [-1]


def _may_be_accepted(error: errors.AimlapiError) -> bool:
    """Whether the API may have taken an order that ended in this error."""
    refused = (
        errors.InvalidRequestError,
        errors.AuthenticationError,
        errors.PermissionDeniedError,
        errors.ModelNotFoundError,
        errors.RateLimitError,
    )
    return not isinstance(error, refused)
