"""A model's hold on its drivers: made at the first call, never copied or pickled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from langchain_aimlapi._transport import Drivers


class HasTransport(Protocol):
    """The fields of a model that say how it connects."""

    http_client: Any
    http_async_client: Any
    proxy: str | None
    verify: Any
    trust_env: bool
    max_connections: int
    async_transport: Literal["httpx", "aiohttp"]


class DriverHolder:
    """Drivers of one model, and what it has warned about."""

    __slots__ = ("_drivers", "warned")

    def __init__(self) -> None:
        self._drivers: Drivers | None = None
        self.warned: set[tuple[str, str]] = set()

    def drivers(self, model: HasTransport) -> Drivers:
        """The drivers; imports the HTTP library when first called."""
        if self._drivers is None:
            from langchain_aimlapi._transport import TransportOptions, drivers_for

            options = TransportOptions(
                proxy=model.proxy,
                verify=model.verify,
                trust_env=model.trust_env,
                max_connections=model.max_connections,
                async_transport=model.async_transport,
            )
            self._drivers = drivers_for(options, model.http_client, model.http_async_client)
        return self._drivers

    def close(self) -> None:
        """Close the sync connections."""
        if self._drivers is not None:
            self._drivers.sync.close()

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        if self._drivers is not None:
            await self._drivers.asynchronous.close()

    def __copy__(self) -> DriverHolder:
        return DriverHolder()

    def __deepcopy__(self, memo: object) -> DriverHolder:
        return DriverHolder()

    def __reduce__(self) -> tuple[object, ...]:
        return (DriverHolder, ())
