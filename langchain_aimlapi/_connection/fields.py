"""The constructor fields that every front shares, with their checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)

from langchain_aimlapi._connection.drivers import DriverHolder
from langchain_aimlapi._connection.settings import (
    base_from_environment,
    check_base_url,
    check_headers,
    check_request_id,
    key_from_environment,
    resolve_key,
    resolve_root,
)
from langchain_aimlapi._fitting.notes import OnUnsupported
from langchain_aimlapi._wire.key import Key, clean_key
from langchain_aimlapi._wire.request import Limits
from langchain_aimlapi._wire.retry import RetryEvent
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.errors import AuthenticationError

if TYPE_CHECKING:
    import ssl
    from dataclasses import InitVar
    from typing import Self

    import httpx

    from langchain_aimlapi._transport import Drivers

    # A plain string is taken too, and becomes a SecretStr; type checkers must not complain.
    ApiKey = str | SecretStr | Callable[[], object] | None
    # So is an `httpx.Timeout`, which becomes a pair.
    Timeout = float | tuple[float | None, float | None] | httpx.Timeout | None
    # What pydantic must not look at: HTTP objects are not imported for it.
    HttpClient = httpx.Client | None
    HttpAsyncClient = httpx.AsyncClient | None
    Verify = bool | str | ssl.SSLContext
    UsersCatalog = Catalog | None
else:
    HttpClient = HttpAsyncClient = Verify = UsersCatalog = Any
    ApiKey = SecretStr | Callable[[], object] | None
    Timeout = float | tuple[float | None, float | None] | None


@cache
def alias_groups(cls: type[BaseModel]) -> tuple[tuple[str, ...], ...]:
    """The names of each constructor argument that has several."""
    aliases = [field.validation_alias for field in cls.model_fields.values()]
    return tuple(
        tuple(name for name in alias.choices if isinstance(name, str))
        for alias in aliases
        if isinstance(alias, AliasChoices)
    )


@cache
def argument_names(cls: type[BaseModel]) -> frozenset[str]:
    """Every name that the constructor takes: fields and their aliases."""
    return frozenset(cls.model_fields).union(*alias_groups(cls))


def refuse_twins(cls: type[BaseModel], values: Mapping[str, object]) -> None:
    """Refuse one argument under two names: one of the values would be lost."""
    for group in alias_groups(cls):
        used = [name for name in group if name in values]
        if len(used) > 1:
            raise ValueError(f"{' and '.join(used)} are the same argument; give one of them")


class ConnectionFields(BaseModel):
    """Where the API is, who asks, how long and how often. At construction only the environment is
    looked at."""

    model_config = ConfigDict(
        populate_by_name=True,
        protected_namespaces=(),
        hide_input_in_errors=True,
        # No instance is made of the classes on the way to a front: building each costs 3 ms.
        defer_build=True,
    )

    if TYPE_CHECKING:  # the other names of fields, which are arguments and no attributes
        aimlapi_api_key: InitVar[ApiKey] = None
        aimlapi_api_base: InitVar[str | None] = None
        request_timeout: InitVar[Timeout] = None

    # Other names of a field are a `validation_alias`: type checkers would take a plain alias for
    # the only name of the argument and refuse `ChatAimlapi(model=...)`.
    api_key: ApiKey = Field(
        default_factory=key_from_environment,
        validation_alias=AliasChoices("api_key", "aimlapi_api_key"),
    )
    """Key, or a function (plain or async) that returns one. Default: ``AIMLAPI_API_KEY``."""
    base_url: str | None = Field(
        default_factory=base_from_environment,
        exclude=True,
        validation_alias=AliasChoices("base_url", "aimlapi_api_base"),
    )
    """Address of the API. Default: ``AIMLAPI_API_BASE``, else https://api.aimlapi.com/v1. It is
    left out of dumps: whoever changes a dump must not be able to send the key elsewhere."""
    timeout: Timeout = Field(
        default=None, validation_alias=AliasChoices("timeout", "request_timeout")
    )
    """Seconds to wait for the next byte of an answer, or (connect, read), or an ``httpx.Timeout``
    (of which these two are used). Default: (10, 120)."""
    deadline: float | None = Field(default=None, gt=0)
    """Seconds that a whole call may take, with its retries and all its requests."""
    max_retries: int = Field(default=2, ge=0)
    """Further attempts after 408, 409, 425, 429, 5xx, connection errors and time-outs."""
    on_retry: Callable[[RetryEvent], Any] | None = Field(default=None, exclude=True, repr=False)
    """Called (and awaited, if it is async) before each wait, with a `RetryEvent`: the attempt's
    number, the seconds and the error."""
    default_headers: dict[str, str] | None = Field(default=None, exclude=True, repr=False)
    """Headers of every request. They may hold secrets, so they are in no repr, trace or dump."""
    on_unsupported: OnUnsupported = "warn"
    """What to do with a parameter that the model does not take. ``warn``: leave out or fit what its
    contract forbids, send what it does not mention, and warn of either once. ``drop``: leave both
    out in silence. ``error``: raise before anything is sent. ``send``: send it as written."""
    learn: bool = True
    """Send a request once more that the API refuses for a parameter, without it or with the value
    that the answer asks for, and remember that for this process. Content is never changed. Off
    where ``on_unsupported`` is ``"error"`` or ``"send"``: the latter promises to send what was
    written, every time, so the API's own words come back."""
    max_response_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    """Longest whole answer, decompressed, in bytes."""
    http_client: HttpClient = Field(default=None, exclude=True, repr=False)
    """Your own ``httpx.Client``; never closed by us."""
    http_async_client: HttpAsyncClient = Field(default=None, exclude=True, repr=False)
    """Your own ``httpx.AsyncClient``; never closed by us."""
    proxy: str | None = Field(default=None, exclude=True, repr=False)
    """URL of a proxy. It may hold a password, so it is in no repr, trace or dump."""
    verify: Verify = True
    """TLS verification: True, a path to a CA bundle, or an ``ssl.SSLContext``."""
    trust_env: bool = True
    """Honour ``HTTPS_PROXY``, ``SSL_CERT_FILE`` and their like."""
    max_connections: int = Field(default=1000, gt=0)
    """Most connections at a time, per process and event loop."""
    async_transport: Literal["httpx", "aiohttp"] = "httpx"
    """What carries async calls. ``aiohttp`` (the extra ``aiohttp``) takes half the CPU where
    hundreds of calls are open at a time. Behind a proxy it is httpx all the same."""
    allow_http: bool = False
    """Allow plain http to another machine. The key would be readable on the way."""
    pickle_api_key: bool = False
    """Whether a pickle holds the key."""
    catalog: UsersCatalog = Field(default=None, exclude=True, repr=False)
    """Your own `Catalog`. Default: the one that comes with the package."""

    _holder: DriverHolder = PrivateAttr(default_factory=DriverHolder)

    # --- checks -----

    @field_validator("api_key")
    @classmethod
    def _check_key(cls, value: object) -> object:
        if isinstance(value, SecretStr):
            return SecretStr(clean_key(value.get_secret_value()))
        return value

    @field_validator("timeout", mode="before")
    @classmethod
    def _read_timeout(cls, value: object) -> object:
        """An ``httpx.Timeout`` as a pair; httpx itself is not imported for it."""
        if hasattr(value, "connect") and hasattr(value, "read"):
            value = (value.connect, value.read)
        for seconds in value if isinstance(value, tuple | list) else (value,):
            if isinstance(seconds, int | float) and not seconds > 0:
                raise ValueError(
                    f"timeout={value!r}: give seconds above 0; (None, None) waits without a limit"
                )
        return value

    @field_validator("default_headers")
    @classmethod
    def _check_headers(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        """Names in lower case: two spellings of one header would both go out."""
        if not value:
            return value
        headers = {name.lower(): text for name, text in check_headers(value).items()}
        if "x-client-request-id" in headers:
            check_request_id(headers["x-client-request-id"])
        return headers

    @field_validator("async_transport")
    @classmethod
    def _check_transport(cls, value: str) -> str:
        if value == "aiohttp" and find_spec("aiohttp") is None:
            raise ValueError(
                "async_transport='aiohttp' needs aiohttp: pip install 'langchain_aimlapi[aiohttp]'"
            )
        return value

    @model_validator(mode="after")
    def _check_address(self) -> Self:
        if self.base_url:
            check_base_url(self.base_url, allow_http=self.allow_http)
        return self

    # --- what a call needs -----

    def _key(self) -> Key:
        return resolve_key(cast("Key | None", self.api_key))

    def _management(self) -> Key:
        """The key that manages the account; only a client has one."""
        raise AuthenticationError(
            f"{type(self).__name__} has no management key",
            advice="use AimlapiClient(management_key=...).service",
        )

    def _root(self) -> str:
        return resolve_root(self.base_url, allow_http=self.allow_http)

    def _limits(self) -> Limits:
        connect: float | None = 10.0
        read: float | None = 120.0
        if isinstance(self.timeout, tuple):
            connect, read = self.timeout
        elif self.timeout is not None:
            read = cast("float", self.timeout)  # a validator has read an httpx.Timeout
            connect = min(read, 10.0)
        return Limits(
            connect=connect,
            read=read,
            write=read,
            deadline=self.deadline,
            max_response_bytes=self.max_response_bytes,
        )

    def _catalog(self) -> Catalog:
        return self.catalog if self.catalog is not None else Catalog.default()

    def _drivers(self) -> Drivers:
        return self._holder.drivers(self)

    # --- life -----

    def close(self) -> None:
        """Close pooled connections of sync calls. The object stays usable."""
        self._holder.close()

    async def aclose(self) -> None:
        """Close pooled connections of the running event loop. The object stays usable."""
        await self._holder.aclose()

    def __getstate__(self) -> dict[Any, Any]:
        if self.http_client is not None or self.http_async_client is not None:
            raise TypeError(
                f"a {type(self).__name__} with its own http_client or http_async_client cannot "
                "be pickled; give the clients to the copy in the other process"
            )
        state = super().__getstate__()
        if not self.pickle_api_key:
            state = {**state, "__dict__": {**state["__dict__"], "api_key": None}}
        return state
