"""Private names of LiteLLM that are wrapped, each guarded.

LiteLLM has no public way to do four things that its own providers do: open an async stream before
it is returned, take ``reasoning_effort`` and its like, take ``dimensions`` and
``encoding_format`` for embeddings, and hand on ``n`` and ``size`` of an image. With a version in
which a name has moved the provider still works, less well, and `WRAPS` says what is lost.
Proved for 1.100.0 to 1.110.2 by ``tests/integration_tests/litellm``.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import litellm

from langchain_aimlapi._litellm import PROVIDER, edits
from langchain_aimlapi._litellm.drift import Moved
from langchain_aimlapi._litellm.handler import AimlapiLLM
from langchain_aimlapi._litellm.ocr_door import AOCR, OCR, aserved
from langchain_aimlapi._litellm.operations import OPERATIONS, served
from langchain_aimlapi._litellm.prices import refuse_unpriced, refuse_unpriced_batch
from langchain_aimlapi._litellm.repeat import repeated
from langchain_aimlapi.catalog import Catalog

MARK = "__langchain_aimlapi__"
Maker = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Wrap:
    """One wrapped name.

    Attributes:
        module: Where it stands.
        name: The name; in some versions it has an underscore before it.
        needs: Parameters that it must have, or the wrap would not fit.
        lost: What works less well without it.
        is_public: Programs import it by name.
    """

    module: str
    name: str
    needs: tuple[str, ...]
    lost: str
    is_public: bool = False


WRAPS = (
    Wrap(
        "litellm.main",
        "_complete_custom_providers",
        ("ctx",),
        "async streams open at their first chunk: the router does not retry or fall back when "
        "opening one fails, and streams carry no response headers",
    ),
    Wrap(
        "litellm.main",
        "get_optional_params",
        ("custom_llm_provider", "allowed_openai_params"),
        "reasoning_effort, thinking, verbosity and user must be allowed by allowed_openai_params",
    ),
    Wrap(
        "litellm.main",
        "get_optional_params_embeddings",
        ("custom_llm_provider", "dimensions", "encoding_format", "additional_drop_params"),
        "dimensions and encoding_format of embeddings are refused (give them in extra_body, or "
        "set additional_drop_params)",
    ),
    Wrap(
        "litellm.cost_calculator",
        "cached_get_model_info_helper",
        ("model", "custom_llm_provider"),
        "a model whose price is not known costs 0 for completion_cost and budgets",
    ),
    Wrap(
        "litellm.cost_calculator",
        "batch_cost_calculator",
        ("usage", "model", "custom_llm_provider", "model_info"),
        "a batch whose price is not known costs 0",
    ),
    Wrap(
        "litellm.litellm_core_utils.litellm_logging",
        "handle_completed_batch",
        ("batch", "custom_llm_provider"),
        "the results of a batch are read again to price it",
    ),
    Wrap(
        "litellm.utils",
        "_select_tokenizer_helper",
        ("model",),
        "counting tokens of a model whose name has llama in it asks Hugging Face for a tokenizer",
    ),
    Wrap(
        "litellm.images.main",
        "get_optional_params_image_gen",
        ("custom_llm_provider", "additional_drop_params"),
        "n, size, quality and response_format of images are left out",
    ),
    Wrap(
        "litellm.images.main",
        "image_edit",
        ("prompt", "mask", "n", "size"),
        "n, size and mask of image edits are left out",
        is_public=True,
    ),
    Wrap(
        "litellm.responses.main",
        "responses",
        ("model", "custom_llm_provider"),
        "calls of /v1/responses are not repeated, unless num_retries is set",
        is_public=True,
    ),
)
# OpenAI's parameters that LiteLLM refuses or drops for a custom provider. What a model really
# takes is known by the catalog, which fits the request to it.
ALLOWED = (
    "reasoning_effort", "thinking", "verbosity", "user", "web_search_options", "prediction",
    "store", "service_tier", "safety_identifier", "prompt_cache_key", "modalities", "audio",
    "logit_bias", "logprobs", "top_logprobs", "seed", "n", "stop", "parallel_tool_calls",
    "presence_penalty", "frequency_penalty", "functions", "function_call", "response_format",
    "tools", "tool_choice", "temperature", "top_p", "max_tokens", "max_completion_tokens",
)  # fmt: skip
_EMBEDDING = ("dimensions", "encoding_format", "user")
_IMAGE = ("n", "quality", "response_format", "size", "style", "user")
_EDIT = (
    "mask", "n", "quality", "response_format", "size", "user", "extra_headers", "extra_body"
)  # fmt: skip


def install(catalog: Callable[[], Catalog]) -> list[Moved]:
    """Wrap every name that is where it was; safe to call again. Returns those that do not fit the
    installed LiteLLM."""
    wanted = [*((wrap, _MAKERS[wrap.name]) for wrap in WRAPS), *_served(catalog)]
    return [Moved(f"{w.module}.{w.name}", w.lost) for w, make in wanted if not _install(w, make)]


def _served(catalog: Callable[[], Catalog]) -> Iterator[tuple[Wrap, Maker]]:
    """The functions that LiteLLM has no hook for."""
    has_python_ocr = importlib.util.find_spec("litellm.ocr.dispatch") is None
    if has_python_ocr:
        wrap = Wrap(AOCR.module, AOCR.name, AOCR.needs, AOCR.lost, is_public=True)
        yield wrap, functools.partial(aserved, catalog=catalog)
    for each in (*OPERATIONS, *((OCR,) if has_python_ocr else ())):
        wrap = Wrap(each.module, each.name, each.needs, each.lost, is_public=True)
        yield wrap, functools.partial(served, operation=each, catalog=catalog)


def _install(wrap: Wrap, make: Maker) -> bool:
    try:
        module = importlib.import_module(wrap.module)
        name = name_in(module, wrap)
        found = getattr(module, name)
    except (ImportError, AttributeError):
        return False
    if getattr(found, MARK, False):
        return True
    if not fits(found, wrap):
        return False
    if wrap.is_public and hasattr(found, "__wrapped__"):
        return _replace_inside(found, make)
    wrapped = make(found)
    setattr(wrapped, MARK, True)
    setattr(module, name, wrapped)
    if vars(litellm).get(name) is found:
        setattr(litellm, name, wrapped)
    return True


def name_in(module: object, wrap: Wrap) -> str:
    """The name as the installed version spells it."""
    return wrap.name if hasattr(module, wrap.name) else f"_{wrap.name}"


def _replace_inside(decorated: object, make: Callable[..., Any]) -> bool:
    """Wrap the function inside LiteLLM's ``client`` decorator, so that a program that imported
    the public name before this package has the wrap, too."""
    original = getattr(decorated, "__wrapped__", None)
    names = getattr(getattr(decorated, "__code__", None), "co_freevars", ())
    cells = dict(zip(names, getattr(decorated, "__closure__", None) or (), strict=False))
    cell = cells.get("original_function")
    if original is None or cell is None or cell.cell_contents is not original:
        return False
    cell.cell_contents = make(original)
    setattr(decorated, MARK, True)
    return True


def fits(function: Any, wrap: Wrap) -> bool:
    """Whether the function still has the parameters that the wrap relies on."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    if wrap.name == "_complete_custom_providers" and len(parameters) == 1:
        return _context_fits()
    return set(wrap.needs) <= set(parameters)


_CONTEXT = frozenset(
    {
        "acompletion", "api_base", "api_key", "client", "custom_llm_provider", "headers", "kwargs",
        "litellm_params", "logging", "messages", "model", "optional_params", "stream", "timeout",
    }
)  # fmt: skip


def _context_fits() -> bool:
    module = importlib.import_module("litellm.main")
    context = getattr(module, "CompletionDispatchContext", None) or getattr(
        module, "_CompletionDispatchContext", None
    )
    return context is None or set(getattr(context, "__dataclass_fields__", ())) >= _CONTEXT


def current_handler() -> AimlapiLLM | None:
    """The handler that LiteLLM would use for a whole answer, where it is this package's."""
    pick = getattr(litellm.utils.ProviderConfigManager, "get_custom_llm_handler", None)
    if pick is not None:  # the first entry of the map (1.108)
        found = pick(PROVIDER)
    else:  # the last one (1.100 to 1.106)
        mine = [item for item in litellm.custom_provider_map if item["provider"] == PROVIDER]
        found = mine[-1]["custom_handler"] if mine else None
    return found if isinstance(found, AimlapiLLM) else None


# --- batches -----


def _book_batches(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def handle(batch: Any, custom_llm_provider: Any, *args: Any, **kwargs: Any) -> Any:
        if custom_llm_provider == PROVIDER:
            from langchain_aimlapi._litellm.batch_cost import booked

            record = booked(batch, kwargs.get("model_info"))
            if record is not None:
                return record
        return await original(batch, custom_llm_provider, *args, **kwargs)

    return handle


# --- chat -----


def _open_streams(original: Callable[..., Any]) -> Callable[..., object]:
    @functools.wraps(original)
    def complete(ctx: Any) -> Any:
        handler = current_handler() if ctx.custom_llm_provider == PROVIDER else None
        if handler is None:
            return original(ctx)
        ctx = _one_retry_layer(ctx)
        if ctx.stream is not True or _streams_itself(handler, ctx.acompletion):
            return original(ctx)
        if ctx.acompletion:
            return _aopen(handler, ctx)
        opened = handler.open(**_arguments(ctx))
        return _wrapper(ctx, opened)

    return complete


def _streams_itself(handler: AimlapiLLM, is_async: bool) -> bool:
    """Whether it is a subclass with LiteLLM's documented method for streams."""
    name = "astreaming" if is_async else "streaming"
    return getattr(type(handler), name) is not getattr(AimlapiLLM, name)


async def _aopen(handler: Any, ctx: Any) -> object:
    return _wrapper(ctx, await handler.aopen(**_arguments(ctx)))


def _wrapper(ctx: Any, opened: Any) -> Any:
    from langchain_aimlapi._litellm.stream_wrapper import AimlapiStreamWrapper

    wrapper = AimlapiStreamWrapper(
        writer=opened.writer,
        completion_stream=opened.chunks,
        model=ctx.model,
        custom_llm_provider=ctx.custom_llm_provider,
        logging_obj=ctx.logging,
        _response_headers=dict(opened.headers),
    )
    if opened.created is not None:
        wrapper.created = opened.created  # LiteLLM writes the last chunk itself
    return wrapper


def _arguments(ctx: Any) -> dict[str, Any]:
    return {
        "model": ctx.model,
        "messages": ctx.messages,
        "api_base": ctx.api_base,
        "api_key": ctx.api_key,
        "client": ctx.client,
        "headers": ctx.headers or litellm.headers or {},
        "litellm_params": ctx.litellm_params,
        "logging_obj": ctx.logging,
        "optional_params": ctx.optional_params,
        "timeout": ctx.timeout,
    }


def _one_retry_layer(ctx: Any) -> Any:
    """LiteLLM turns ``num_retries`` into ``max_retries`` for the provider and then retries itself
    as well; what is left to the provider is only a ``max_retries`` that the caller gave."""
    retries = ctx.kwargs.get("num_retries") or litellm.num_retries or ctx.kwargs.get("retry_policy")
    if not retries:
        return ctx
    return replace(ctx, optional_params={**ctx.optional_params, "max_retries": 0})


def _allow_params(original: Callable[..., Any]) -> Callable[..., object]:
    @functools.wraps(original)
    def get_optional_params(*args: Any, **kwargs: Any) -> object:
        if kwargs.get("custom_llm_provider") == PROVIDER:
            dropped = kwargs.get("additional_drop_params") or ()
            allowed = [name for name in ALLOWED if name not in dropped]
            more = kwargs.get("allowed_openai_params") or ()
            kwargs["allowed_openai_params"] = [*more, *allowed]
        return original(*args, **kwargs)

    return get_optional_params


# --- tokens -----


def _count_here(original: Callable[..., Any]) -> Callable[..., object]:
    """LiteLLM would load a tokenizer from Hugging Face for some names, for half a minute where it
    cannot be reached; the API's count is what is charged anyway."""

    @functools.wraps(original)
    def select(model: str) -> object:
        plain: Any = getattr(litellm.utils, "_return_openai_tokenizer", None)
        if model.startswith(f"{PROVIDER}/") and plain is not None:
            return plain(model)
        return original(model)

    return select


# --- embeddings and images -----


def _keep_params(
    names: tuple[str, ...],
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """A wrap that carries parameters past a function that refuses or drops them."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def get_params(*args: object, **kwargs: Any) -> object:
            if kwargs.get("custom_llm_provider") != PROVIDER:
                return original(*args, **kwargs)
            dropped = kwargs.get("additional_drop_params") or ()
            kept = {
                name: kwargs[name]
                for name in names
                if kwargs.get(name) is not None and name not in dropped
            }
            rest = {name: value for name, value in kwargs.items() if name not in names}
            return {**original(*args, **rest), **kept}

        return get_params

    return make


def _keep_edit_params(original: Callable[..., Any]) -> Callable[..., object]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def image_edit(*args: object, **kwargs: object) -> object:
        try:
            bound = signature.bind_partial(*args, **kwargs).arguments
        except TypeError:
            return original(*args, **kwargs)  # let LiteLLM say what is wrong
        params = {name: bound[name] for name in _EDIT if bound.get(name) is not None}
        with edits.editing(params):
            return original(*args, **kwargs)

    return image_edit


def _is_ours(arguments: Mapping[str, object]) -> bool:
    provider = arguments.get("custom_llm_provider")
    return provider == PROVIDER or str(arguments.get("model")).startswith(f"{PROVIDER}/")


_MAKERS: dict[str, Maker] = {
    "_complete_custom_providers": _open_streams,
    "get_optional_params": _allow_params,
    "cached_get_model_info_helper": refuse_unpriced,
    "batch_cost_calculator": refuse_unpriced_batch,
    "handle_completed_batch": _book_batches,
    "get_optional_params_embeddings": _keep_params(_EMBEDDING),
    "_select_tokenizer_helper": _count_here,
    "get_optional_params_image_gen": _keep_params(_IMAGE),
    "image_edit": _keep_edit_params,
    "responses": functools.partial(repeated, is_ours=_is_ours, flag="aresponses"),
}
