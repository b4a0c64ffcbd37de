"""Embeddings and images: LiteLLM's arguments -> the endpoints -> LiteLLM's answers."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Callable, Mapping
from typing import Any

from litellm.types.utils import EmbeddingResponse, ImageObject, ImageResponse

from langchain_aimlapi._litellm.access import Arguments
from langchain_aimlapi._litellm.calls import NOT_PARAMS
from langchain_aimlapi._litellm.failures import as_litellm, caller_of
from langchain_aimlapi._litellm.plans import arun, run
from langchain_aimlapi._litellm.replies import hidden_params, usage_of
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.endpoints import Context, Plan
from langchain_aimlapi.endpoints.embeddings import Embedded, plan_embeddings
from langchain_aimlapi.endpoints.images import Image, Images, plan_edit, plan_images

# LiteLLM hands all keyword arguments of an edit on, its own among them.
_LITELLM_OWN = frozenset(
    {
        "api_key", "api_base", "api_version", "base_url", "headers", "timeout", "client",
        "metadata", "model_info", "custom_llm_provider", "litellm_logging_obj",
        "proxy_server_request", "secret_fields", "specific_deployment", "num_retries",
        "cache_key", "caching", "async_call", "extra_query", "user_api_key_dict",
        "standard_logging_object", "additional_drop_params", "allowed_openai_params",
        "drop_params", "fallbacks", "tags", "rpm", "tpm", "cooldown_time", "weight", "order",
        "request_timeout", "organization", "mock_response", "model_group",
        "max_parallel_requests", "use_in_pass_through", "use_litellm_proxy", "guardrails",
        "merge_reasoning_content_in_choices", "default_headers", "deployment_id", "no-log",
        "ttl", "stream_timeout", "original_function", "context_window_fallbacks",
    }
)  # fmt: skip


# --- embeddings -----


def embed(arguments: Arguments, catalog: Catalog) -> EmbeddingResponse:
    """Embeddings. Raises LiteLLM's exceptions."""
    with as_litellm(caller_of(arguments, catalog)):
        return _embedded(arguments, run(arguments, catalog, _embeddings(arguments)))


async def aembed(arguments: Arguments, catalog: Catalog) -> EmbeddingResponse:
    """The async twin of `embed`."""
    with as_litellm(caller_of(arguments, catalog)):
        return _embedded(arguments, await arun(arguments, catalog, _embeddings(arguments)))


def _embeddings(arguments: Arguments) -> Callable[[Context], Plan[Embedded]]:
    params, extra_body = params_of(arguments)
    # How the numbers travel from the API is our business; what the caller gets is not.
    params.pop("encoding_format", None)
    return lambda context: plan_embeddings(
        context,
        model=str(arguments["model"]),
        input=arguments["input"],
        params=params,
        extra_body=extra_body,
    )


def _embedded(arguments: Arguments, result: Embedded) -> EmbeddingResponse:
    as_text = (arguments.get("optional_params") or {}).get("encoding_format") == "base64"
    write: Callable[[Any], Any] = _base64 if as_text else list
    response = EmbeddingResponse(
        model=result.meta.model or str(arguments["model"]),
        data=[
            {"object": "embedding", "index": place, "embedding": write(vector)}
            for place, vector in enumerate(result.vectors)
        ],
        usage=usage_of(result.meta),
    )
    response._hidden_params = hidden_params(result.meta)
    return response


def _base64(vector: Any) -> str:
    """Little-endian float32, which the OpenAI SDK asks for and decodes."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


# --- images -----


def generate(arguments: Arguments, catalog: Catalog) -> ImageResponse:
    """Images from a prompt. Raises LiteLLM's exceptions."""
    with as_litellm(caller_of(arguments, catalog)):
        return _image_response(run(arguments, catalog, _generation(arguments)))


async def agenerate(arguments: Arguments, catalog: Catalog) -> ImageResponse:
    """The async twin of `generate`."""
    with as_litellm(caller_of(arguments, catalog)):
        return _image_response(await arun(arguments, catalog, _generation(arguments)))


def edit(arguments: Arguments, catalog: Catalog) -> ImageResponse:
    """Images from images. Raises LiteLLM's exceptions."""
    with as_litellm(caller_of(arguments, catalog)):
        return _image_response(run(arguments, catalog, _edit(arguments)))


async def aedit(arguments: Arguments, catalog: Catalog) -> ImageResponse:
    """The async twin of `edit`."""
    with as_litellm(caller_of(arguments, catalog)):
        return _image_response(await arun(arguments, catalog, _edit(arguments)))


def _generation(arguments: Arguments) -> Callable[[Context], Plan[Images]]:
    params, extra_body = params_of(arguments)
    size, image = params.pop("size", None), params.pop("image", None)
    return lambda context: plan_images(
        context,
        model=str(arguments["model"]),
        prompt=arguments.get("prompt"),
        image=image,
        size=size,
        params=params,
        extra_body=extra_body,
    )


def _edit(arguments: Arguments) -> Callable[[Context], Plan[Images]]:
    optional = arguments.get("optional_params") or {}
    kept = {
        name: value
        for name, value in optional.items()
        if name not in _LITELLM_OWN and not name.startswith(("litellm_", "user_api_key"))
    }
    merged = {**kept, **(arguments.get("edit_params") or {})}
    params, extra_body = params_of({**arguments, "optional_params": merged})
    size, mask = params.pop("size", None), params.pop("mask", None)
    return lambda context: plan_edit(
        context,
        model=str(arguments["model"]),
        prompt=arguments.get("prompt"),
        image=arguments.get("image") or [],
        mask=mask,
        size=size,
        params=params,
        extra_body=extra_body,
    )


def params_of(arguments: Arguments) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """(parameters of the model, ``extra_body``)."""
    optional = arguments.get("optional_params") or {}
    params = {k: v for k, v in optional.items() if k not in NOT_PARAMS and v is not None}
    return params, params.pop("extra_body", None) or {}


def _image_response(result: Images) -> ImageResponse:
    response = ImageResponse(
        created=result.meta.created, data=[_image_object(image) for image in result.images]
    )
    response._hidden_params = hidden_params(result.meta)
    return response


def _image_object(image: Image) -> ImageObject:
    return ImageObject(b64_json=image.b64_json, url=image.url, revised_prompt=image.revised_prompt)
