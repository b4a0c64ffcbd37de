"""`AimlapiClient`: the API besides chat, sync and async, without LangChain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from pydantic import Field, SecretStr, field_validator

from langchain_aimlapi._connection.connection import Connection
from langchain_aimlapi._connection.fields import ApiKey, argument_names
from langchain_aimlapi._connection.settings import resolve_management_key, resolve_root
from langchain_aimlapi._fitting.callers import warn_caller
from langchain_aimlapi._wire.key import Key, clean_key
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.catalog.nearest import hint
from langchain_aimlapi.catalog.refresh import Lists, Refresh
from langchain_aimlapi.catalog.store import Store
from langchain_aimlapi.endpoints import AsyncCall, Mounted, SyncCall
from langchain_aimlapi.endpoints.assistants import AssistantCalls
from langchain_aimlapi.endpoints.batches import BatchCalls
from langchain_aimlapi.endpoints.billing import plan_balance
from langchain_aimlapi.endpoints.decisions import DecisionCalls
from langchain_aimlapi.endpoints.embeddings import plan_embeddings
from langchain_aimlapi.endpoints.files import FileCalls
from langchain_aimlapi.endpoints.images import ImageCalls
from langchain_aimlapi.endpoints.meshes import MeshCalls
from langchain_aimlapi.endpoints.metrics import plan_metrics
from langchain_aimlapi.endpoints.models import plan_lists, plan_schemas
from langchain_aimlapi.endpoints.music import MusicCalls
from langchain_aimlapi.endpoints.ocr import OcrCalls, plan_ocr
from langchain_aimlapi.endpoints.responses import ResponseCalls
from langchain_aimlapi.endpoints.runs import RunCalls
from langchain_aimlapi.endpoints.service import ServiceCalls
from langchain_aimlapi.endpoints.speech import SpeechCalls
from langchain_aimlapi.endpoints.threads import ThreadCalls
from langchain_aimlapi.endpoints.transcription import TranscriptionCalls
from langchain_aimlapi.endpoints.video import VideoCalls
from langchain_aimlapi.endpoints.vision import plan_vision

# What may differ between two clients that share their connections.
_OPTIONS = frozenset(
    {
        "timeout", "request_timeout", "deadline", "max_retries", "on_retry", "default_headers",
        "client_request_id", "on_unsupported", "learn", "max_concurrency", "max_response_bytes",
        "api_key", "aimlapi_api_key", "management_key", "catalog",
    }
)  # fmt: skip


class AimlapiClient(Connection):
    """AI/ML API without LangChain: ``AimlapiClient().images.generate(model=..., prompt=...)``.

    Every endpoint comes sync and async; the async one has an ``a`` before its name::

        client.embeddings(model=..., input=[...])     await client.aembeddings(...)
        client.images.generate(model=..., prompt=...) await client.images.agenerate(...)
        client.images.edit(model=..., image=..., ...) await client.images.aedit(...)
        client.video.submit(model=..., prompt=...)    await client.video.asubmit(...)
        client.music.submit(model=..., prompt=...)    await client.music.asubmit(...)
        client.speech.create(model=..., text=...)     await client.speech.acreate(...)
        client.speech.stream(model=..., text=...)     client.speech.astream(...)
        client.transcription.create(model=..., audio=...)  # submit, resume, and a twins
        client.ocr(model=..., document=...)           await client.aocr(...)
        client.vision(image=..., features=[...])      await client.avision(...)
        client.meshes.generate(model=..., image=...)  await client.meshes.agenerate(...)
        client.runs.stream(assistant_id=..., ...)     async for event in client.runs.astream(...)
        client.service.logs(period="24h")             async for log in client.service.alogs(...)
        client.service.balance()                      await client.service.abalance()
        client.models(kind="image", refresh=True)     await client.amodels(...)
        client.refresh_catalog()                      await client.arefresh_catalog()

    An answer is a frozen value with ``usage``, ``cost`` (the real charge), ``inference_id`` and
    ``client_request_id``. The key is read from ``api_key`` or ``AIMLAPI_API_KEY`` when a call is
    made. Constructing a client opens nothing; ``close``/``aclose`` or ``with`` close its
    connections.

    Raises:
        langchain_aimlapi.errors.AimlapiError: every failure of a call is a subclass of it.
    """

    management_key: ApiKey = Field(default=None, exclude=True)
    """Key for `service` calls that manage the account: it makes and withdraws keys and cannot call
    models. Default: ``AIMLAPI_MANAGEMENT_KEY``, read when it is needed. It is left out of dumps."""

    embeddings = SyncCall(plan_embeddings)
    aembeddings = AsyncCall(plan_embeddings)
    images = Mounted(ImageCalls)
    video = Mounted(VideoCalls)
    music = Mounted(MusicCalls)
    speech = Mounted(SpeechCalls)
    transcription = Mounted(TranscriptionCalls)
    ocr = Mounted(OcrCalls)
    aocr = AsyncCall(plan_ocr)
    vision = SyncCall(plan_vision)
    avision = AsyncCall(plan_vision)
    meshes = Mounted(MeshCalls)
    batches = Mounted(BatchCalls)
    decisions = Mounted(DecisionCalls)
    service = Mounted(ServiceCalls)
    assistants = Mounted(AssistantCalls)
    threads = Mounted(ThreadCalls)
    runs = Mounted(RunCalls)
    responses = Mounted(ResponseCalls)
    files = Mounted(FileCalls)
    # The older names of `service.metrics` and `service.balance`.
    metrics = SyncCall(plan_metrics)
    ametrics = AsyncCall(plan_metrics)
    billing = SyncCall(plan_balance)
    abilling = AsyncCall(plan_balance)

    @field_validator("management_key")
    @classmethod
    def _check_management_key(cls, value: Any) -> Any:
        return (
            SecretStr(clean_key(value.get_secret_value()))
            if isinstance(value, SecretStr)
            else value
        )

    def _management(self) -> Key:
        return resolve_management_key(cast("Key | None", self.management_key))

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        if not self.pickle_api_key:
            state = {**state, "__dict__": {**state["__dict__"], "management_key": None}}
        return state

    def with_options(self, **options: Any) -> AimlapiClient:
        """A client with other options for some calls, sharing the connections of this one.

        Args:
            options: ``timeout``, ``deadline``, ``max_retries``, ``on_retry``,
                ``default_headers``, ``client_request_id``, ``on_unsupported``, ``learn``,
                ``max_concurrency``, ``max_response_bytes``, ``api_key``, ``management_key`` or
                ``catalog``.

        Returns:
            A client of its own; closing it closes the connections of both.

        Raises:
            ValueError: there is no such option, it belongs to the connection (``proxy``,
                ``http_client``, ...), or it does not take that value.
        """
        for name in options:
            if name not in _OPTIONS:
                raise ValueError(self._no_option(name))
        plain = {"request_timeout": "timeout", "aimlapi_api_key": "api_key"}
        changed = {plain.get(name, name): value for name, value in options.items()}
        settings = {name: getattr(self, name) for name in self.model_fields_set}
        twin = type(self)(**{**settings, **changed})
        twin._holder = self._holder
        return twin

    def _no_option(self, name: str) -> str:
        if name in argument_names(type(self)):
            return f"{name!r} belongs to the connection: make a new client for it"
        return f"{name!r} is no option{hint(name, _OPTIONS, 0.6)}"

    # --- models -----

    def models(
        self,
        *,
        kind: str | None = None,
        vendor: str | None = None,
        capability: str | Iterable[str] | None = None,
        status: str | None = "live",
        refresh: bool = False,
    ) -> list[Facts]:
        """What is known about models, sorted by id.

        Args:
            kind: ``"chat"``, ``"embedding"``, ``"image"``, ...
            vendor: ``"openai"``, ...
            capability: A word or several, see `Catalog.models`.
            status: ``"live"`` (default), ``"deprecated"``, ... or None for all.
            refresh: Fetch the API's list first (see `refresh_catalog`). Without it no network is
                used.

        Returns:
            The `Facts` of each model.

        Raises:
            ValueError: a word that no model of the catalog has; the message names the nearest.
        """
        catalog = self.refresh_catalog() if refresh else self._catalog()
        return catalog.models(kind=kind, vendor=vendor, capability=capability, status=status)

    async def amodels(
        self,
        *,
        kind: str | None = None,
        vendor: str | None = None,
        capability: str | Iterable[str] | None = None,
        status: str | None = "live",
        refresh: bool = False,
    ) -> list[Facts]:
        """Like `models`, on the running event loop."""
        catalog = await self.arefresh_catalog() if refresh else self._catalog()
        return catalog.models(kind=kind, vendor=vendor, capability=capability, status=status)

    def refresh_catalog(
        self,
        *,
        schemas: str | Iterable[str] = (),
        directory: Path | None = None,
        catalog: Catalog | None = None,
    ) -> Catalog:
        """Fetch the API's model list and use it in this client from now on.

        It adds prices, new models, names, context lengths, aliases, and which models end. The
        answers are kept on disk with their ETags, so that an unchanged list is not sent again.

        Args:
            schemas: Ids whose own request schemas are read too: a model that is newer than this
                package is then spoken to as it wants. ``"all"`` for every listed model.
            directory: Where to keep the answers. Default: the user's cache folder, see
                `langchain_aimlapi.catalog.store.cache_dir`.
            catalog: What to start from. Default: the catalog of this client.

        Returns:
            The catalog, for other objects: ``ChatAimlapi(..., catalog=catalog)``.

        Wire: GET ``/v1/models?include=all``, ``/v1/models/deprecations``, ``/docs-json``; no key is
        needed.
        """
        refresh = self._refresh(catalog, schemas, directory)
        lists = self.run(lambda context: plan_lists(context, refresh))
        documents = self.run(lambda context: plan_schemas(context, refresh, lists))
        return self._refreshed(refresh, lists, documents)

    async def arefresh_catalog(
        self,
        *,
        schemas: str | Iterable[str] = (),
        directory: Path | None = None,
        catalog: Catalog | None = None,
    ) -> Catalog:
        """Like `refresh_catalog`, on the running event loop."""
        refresh = await asyncio.to_thread(self._refresh, catalog, schemas, directory)
        lists = await self.arun(lambda context: plan_lists(context, refresh))
        documents = await self.arun(lambda context: plan_schemas(context, refresh, lists))
        return await asyncio.to_thread(self._refreshed, refresh, lists, documents)

    def _refresh(
        self, catalog: Catalog | None, schemas: str | Iterable[str], directory: Path | None
    ) -> Refresh:
        store = Store(resolve_root(self.base_url, allow_http=self.allow_http), directory)
        return Refresh(catalog or self._catalog(), store, schemas=schemas)

    def _refreshed(self, refresh: Refresh, lists: Lists, documents: list[Any]) -> Catalog:
        self.catalog = catalog = refresh.finish(lists, documents)
        if refresh.problem is not None:
            warn_caller(refresh.problem, RuntimeWarning)
        for name in refresh.missing:
            near = next(iter(catalog.nearest(name, n=1)), None)
            cure = f" -> did you mean {near!r}?" if near else ""
            warn_caller(f"the API prints no request schema of {name!r}{cure}", RuntimeWarning)
        return catalog

    # --- life -----

    def __enter__(self) -> AimlapiClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> AimlapiClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
