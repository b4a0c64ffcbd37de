"""What makes a connection pool what it is."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from langchain_aimlapi._transport.pool import Pool

C = TypeVar("C")


@dataclass(frozen=True)
class TransportOptions:
    """What makes a connection pool what it is; models with equal options share one."""

    proxy: str | None = field(default=None, repr=False)  # may hold credentials
    verify: bool | str | ssl.SSLContext = True
    trust_env: bool = True
    max_connections: int = 1000
    keepalive_seconds: float = 30.0

    def pool(self, client: Callable[..., C]) -> Pool[C]:
        """Clients of that class; they share one TLS context, which takes 20 ms to make."""
        arguments = {
            "proxy": self.proxy,
            "verify": _ssl_context(self.verify, self.trust_env),
            "trust_env": self.trust_env,
            "follow_redirects": False,
            "timeout": None,
        }

        def make(connections: int) -> C:
            limits = httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=self.keepalive_seconds,
            )
            return client(**arguments, limits=limits)

        return Pool(make, self.max_connections, self.keepalive_seconds)


def _ssl_context(verify: bool | str | ssl.SSLContext, trust_env: bool) -> Any:
    if isinstance(verify, str):
        return ssl.create_default_context(
            cafile=None if os.path.isdir(verify) else verify,
            capath=verify if os.path.isdir(verify) else None,
        )
    if verify is not True:
        return verify
    return httpx.create_ssl_context(trust_env=trust_env)
