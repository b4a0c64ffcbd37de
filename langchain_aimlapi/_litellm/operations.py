"""Functions of LiteLLM that no custom provider can serve, made to serve this one.

LiteLLM has hooks for chat, embeddings and images only. Its other functions are ``client``-decorated
(logging, callbacks, budgets, caching) around a function that chooses among its own providers; here
that inner function is given one more choice. Everything around it stays LiteLLM's, and so does
every call for another provider.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from litellm.types.utils import all_litellm_params

from langchain_aimlapi._litellm import PROVIDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_aimlapi._litellm.access import Arguments
    from langchain_aimlapi.catalog import Catalog

# Arguments of LiteLLM's own that are not in its list of them.
_LITELLM_OWN = frozenset(
    {
        "headers", "client", "default_headers", "extra_query", "extra_headers", "user_api_key_dict",
        "standard_logging_object", "litellm_logging_obj", "original_function", "shared_session",
        "secret_fields", "request_timeout", "num_retries", "no-log", "ttl", "deployment_id",
        "specific_deployment", "async_call", "max_parallel_requests", "additional_drop_params",
        "allowed_openai_params", "drop_params", "caching", "cache_key", "metadata", "model_info",
        "proxy_server_request", "api_version", "organization", "project", "timeout", "max_retries",
        "api_key", "api_base", "base_url", "mock_response", "custom_llm_provider", "extra_body",
        "merge_reasoning_content_in_choices", "kwargs", "passthrough",
    }
)  # fmt: skip
# Arguments of this provider (`calls.OPTIONS`) that say how such a call is made.
_OPTIONS = ("on_unsupported", "learn", "client_request_id", "allow_http")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of such a function.

    Attributes:
        given: All arguments, by their names.
        access: What `resolve_access` reads: model, key, address, time, and LiteLLM's own.
        catalog: What is known about models.
        params: What is left for the model: what LiteLLM has no name for.
    """

    given: Arguments
    access: dict[str, Any]
    catalog: Catalog
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def extra_body(self) -> dict[str, Any]:
        """What goes into the body as it is."""
        extra = self.given.get("extra_body")
        return dict(extra) if isinstance(extra, Mapping) else {}

    def listed(self, when: Mapping[str, Any] | None = None, **counts: float) -> float | None:
        """US dollars by the list, where the API's answers do not tell the charge; None where
        the list has no price."""
        try:
            return self.catalog.estimate(self.model, when=when, **counts).usd or None
        except (TypeError, ValueError):
            return None

    @property
    def model(self) -> str:
        """The model's id; empty where the call is about none."""
        return str(self.access["model"])


class Work(Protocol):
    """What has to be done for a call, in both colours; see `tasks`."""

    def run(self, call: Call) -> object: ...

    async def arun(self, call: Call) -> object: ...


@dataclass(frozen=True, slots=True)
class Handling:
    """How a function is served.

    Attributes:
        task: Call -> what has to be done.
        known: Arguments that it reads by name, so that they are no parameters of the model.
    """

    task: Callable[[Call], Work]
    known: frozenset[str]


def _named_provider(arguments: Arguments) -> object:
    return arguments.get("custom_llm_provider")


@dataclass(frozen=True, slots=True)
class Operation:
    """A function of LiteLLM's.

    Attributes:
        module: Where it stands.
        name: Its name; the async one calls it.
        flag: The argument with which the async one asks for a coroutine.
        room: The module of this package that has its `Handling`; it is imported when the first
            call comes.
        needs: Parameters without which this does not fit.
        provider: Arguments -> the provider's name, where the model does not name it.
    """

    module: str
    name: str
    flag: str
    room: str
    needs: tuple[str, ...] = ("custom_llm_provider",)
    provider: Callable[[Arguments], Any] = _named_provider

    @property
    def lost(self) -> str:
        """What does not work without it."""
        return f"litellm.{self.name} does not work for {PROVIDER}/ models"

    def is_ours(self, arguments: Arguments) -> bool:
        """Whether a call is for this provider."""
        model = arguments.get("model")
        named = isinstance(model, str) and model.startswith(f"{PROVIDER}/")
        return named or self.provider(arguments) == PROVIDER

    def handling(self) -> Handling:
        """How it is served."""
        room = importlib.import_module(f"langchain_aimlapi._litellm.{self.room}")
        found: Handling = room.HANDLING[self.name]
        return found


def _videos_provider(arguments: Arguments) -> object:
    """Ids of videos name their provider."""
    named = arguments.get("custom_llm_provider")
    id = str(arguments.get("video_id") or "")
    if named is not None or not id:
        return named
    from litellm.types.videos.utils import decode_video_id_with_provider

    return decode_video_id_with_provider(id).get("custom_llm_provider")


_VIDEOS = "litellm.videos.main"
_OF_ONE = ("video_id", "custom_llm_provider")
OPERATIONS = (
    Operation(
        _VIDEOS, "video_generation", "async_call", "videos",
        needs=("prompt", "model", "input_reference", "seconds", "size", "custom_llm_provider"),
    ),
    Operation(_VIDEOS, "video_status", "async_call", "videos", _OF_ONE, _videos_provider),
    Operation(_VIDEOS, "video_content", "async_call", "videos", _OF_ONE, _videos_provider),
    Operation("litellm.main", "speech", "aspeech", "audio", ("model", "input", "voice", "aspeech")),
    Operation("litellm.main", "transcription", "atranscription", "audio", ("model", "file")),
    Operation("litellm.rerank_api.main", "rerank", "arerank", "rerank", ("query", "documents")),
    *(
        Operation(f"litellm.{room}.main", name, f"a{name}", "batches", (key, "custom_llm_provider"))
        for room, name, key in (
            ("files", "create_file", "file"),
            ("files", "file_retrieve", "file_id"),
            ("files", "file_delete", "file_id"),
            ("files", "file_content", "file_id"),
            ("batches", "create_batch", "input_file_id"),
            ("batches", "retrieve_batch", "batch_id"),
            ("batches", "cancel_batch", "batch_id"),
        )
    ),
)  # fmt: skip


def served(
    original: Callable[..., Any], *, operation: Operation, catalog: Callable[[], Catalog]
) -> Callable[..., Any]:
    """``original`` with this provider as one more choice."""
    signature = inspect.signature(original)

    @functools.wraps(original)
    def serving(*args: object, **kwargs: object) -> object:
        try:
            named = dict(signature.bind(*args, **kwargs).arguments)
        except TypeError:
            return original(*args, **kwargs)  # let LiteLLM say what is wrong
        arguments = {**named.pop("kwargs", {}), **named}
        if not operation.is_ours(arguments) or arguments.get("mock_response") is not None:
            return original(*args, **kwargs)
        handling = operation.handling()
        call = _call(arguments, operation.flag, handling, catalog())
        carry = _acarry if arguments.get(operation.flag) else _carry
        return carry(call, handling)

    return serving


def _carry(call: Call, handling: Handling) -> object:
    with _logged(call):
        return handling.task(call).run(call)


async def _acarry(call: Call, handling: Handling) -> object:
    with _logged(call):
        return await handling.task(call).arun(call)


@contextmanager
def _logged(call: Call) -> Iterator[None]:
    """LiteLLM's log object knows the call, its errors are LiteLLM's, its time is measured."""
    from langchain_aimlapi._litellm.failures import as_litellm, caller_of
    from langchain_aimlapi._litellm.logs import CallLog

    log: Any = call.access["logging_obj"]
    if log is not None:
        log.update_environment_variables(
            model=call.model,
            user=call.given.get("user"),
            optional_params=dict(call.params),
            litellm_params=dict(call.access["litellm_params"]),
            custom_llm_provider=PROVIDER,
        )
        log.pre_call(
            input=call.given.get("prompt") or call.given.get("input") or "",
            api_key="",
            additional_args={
                "complete_input_dict": {"model": call.model, **call.params},
                "api_base": call.access["api_base"] or "",
            },
        )
    with as_litellm(caller_of(call.access, call.catalog)), CallLog(call.access).waiting():
        yield


def _call(arguments: Arguments, flag: str, handling: Handling, catalog: Catalog) -> Call:
    own = {*all_litellm_params, *_LITELLM_OWN, *_OPTIONS}
    params = {
        name: value
        for name, value in arguments.items()
        if value is not None
        and name not in own
        and name not in handling.known
        and name != flag
        and not name.startswith(("litellm_", "_", "user_api_key"))
    }
    return Call(arguments, _access(arguments), catalog, params)


def _access(arguments: Arguments) -> dict[str, object]:
    """The arguments as the hooks of a custom provider get them."""
    retries = arguments.get("max_retries")
    settings = {
        name: value
        for name, value in arguments.items()
        if name in all_litellm_params or name.startswith("litellm_") or name in _LITELLM_OWN
    } | {"max_retries": arguments.get("num_retries") if retries is None else retries}
    settings.pop("litellm_logging_obj", None)
    settings.pop("client", None)
    headers = {**(arguments.get("headers") or {}), **(arguments.get("extra_headers") or {})}
    return {
        "model": str(arguments.get("model") or "").removeprefix(f"{PROVIDER}/"),
        "api_key": arguments.get("api_key"),
        "api_base": arguments.get("api_base") or arguments.get("base_url"),
        "client": arguments.get("client"),
        "headers": headers,
        "timeout": arguments.get("timeout") or arguments.get("request_timeout") or 600.0,
        "litellm_params": settings,
        "logging_obj": arguments.get("litellm_logging_obj"),
        "optional_params": {
            name: arguments[name] for name in _OPTIONS if arguments.get(name) is not None
        },
    }
