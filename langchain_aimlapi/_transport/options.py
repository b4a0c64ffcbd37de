"""What makes a connection pool what it is."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Literal, TypeVar
from urllib.request import getproxies

import httpx

from langchain_aimlapi._transport.pool import Pool

C = TypeVar("C")
_COMMON: dict[str, Any] = {
    "follow_redirects": False,
    "timeout": None,  # each request has its own
    # A client serves many keys: what a server noted for one of them is not for the others.
    "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
}


@dataclass(frozen=True)
class TransportOptions:
    """What makes a connection pool what it is; models with equal options share one."""

    proxy: str | None = field(default=None, repr=False)  # may hold credentials
    verify: bool | str | ssl.SSLContext = True
    trust_env: bool = True
    max_connections: int = 1000
    keepalive_seconds: float = 30.0
    async_transport: Literal["httpx", "aiohttp"] = "httpx"

    def pool(self) -> Pool[httpx.Client]:
        """Clients for the sync driver."""
        return self._httpx_pool(httpx.Client)

    def async_pool(self) -> Pool[httpx.AsyncClient]:
        """Clients for one event loop."""
        if self.async_transport == "httpx" or self._has_proxy():
            return self._httpx_pool(httpx.AsyncClient)
        from langchain_aimlapi._transport.over_aiohttp import AiohttpTransport

        context = _ssl_context(self.verify, self.trust_env)

        def make(connections: int) -> httpx.AsyncClient:
            transport = AiohttpTransport(
                verify=context, connections=connections, keepalive_seconds=self.keepalive_seconds
            )
            return httpx.AsyncClient(transport=transport, **_COMMON)

        return Pool(make, self.max_connections, self.keepalive_seconds, size=self.max_connections)

    def _httpx_pool(self, client: Callable[..., C]) -> Pool[C]:
        """Clients of that class; they share one TLS context, which takes 20 ms to make."""
        arguments = {
            "proxy": self.proxy,
            "verify": _ssl_context(self.verify, self.trust_env),
            "trust_env": self.trust_env,
            **_COMMON,
        }

        def make(connections: int) -> C:
            limits = httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=self.keepalive_seconds,
            )
            return client(**arguments, limits=limits)

        return Pool(make, self.max_connections, self.keepalive_seconds)

    def _has_proxy(self) -> bool:
        return self.proxy is not None or (self.trust_env and bool(getproxies().keys() - {"no"}))


def _ssl_context(verify: bool | str | ssl.SSLContext, trust_env: bool) -> Any:
    if isinstance(verify, str):
        return ssl.create_default_context(
            cafile=None if os.path.isdir(verify) else verify,
            capath=verify if os.path.isdir(verify) else None,
        )
    if verify is not True:
        return verify
    return httpx.create_ssl_context(trust_env=trust_env)
