"""Which models share their drivers."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass

import httpx

from langchain_aimlapi._transport.asynchronous import AsyncDriver
from langchain_aimlapi._transport.forks import remember
from langchain_aimlapi._transport.options import TransportOptions
from langchain_aimlapi._transport.sync import SyncDriver


@dataclass(frozen=True, eq=False)
class Drivers:
    """The two drivers of one set of transport options."""

    sync: SyncDriver
    asynchronous: AsyncDriver


class _Shared:
    """Drivers by their options, for as long as a model holds them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drivers: weakref.WeakValueDictionary[TransportOptions, Drivers] = (
            weakref.WeakValueDictionary()
        )
        remember(self)

    def get(self, options: TransportOptions) -> Drivers:
        with self._lock:
            drivers = self._drivers.get(options)
            if drivers is None:
                drivers = Drivers(SyncDriver(options), AsyncDriver(options))
                self._drivers[options] = drivers
            return drivers

    def forked(self) -> None:
        self._lock = threading.Lock()  # a thread that is not here may own the parent's


_SHARED = _Shared()


def drivers_for(
    options: TransportOptions,
    client: httpx.Client | None = None,
    async_client: httpx.AsyncClient | None = None,
) -> Drivers:
    """The drivers for these options: shared, unless the user gave a client of their own."""
    if client is not None or async_client is not None:
        return Drivers(SyncDriver(options, client), AsyncDriver(options, async_client))
    return _SHARED.get(options)
