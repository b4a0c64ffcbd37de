"""Every endpoint as a LangChain tool: images, videos, music, 3D models, speech, transcripts,
documents, for agents."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langchain_core.messages import BaseMessage
from langchain_core.tools import BaseTool, ToolException
from pydantic import BaseModel, Field, SkipValidation

from langchain_aimlapi._connection.fields import argument_names
from langchain_aimlapi._langchain.endpoint_schema import (
    Argument,
    arguments_model,
    endpoint_arguments,
    endpoint_description,
    fitted,
)
from langchain_aimlapi._langchain.media import (
    message_to_content,
    message_to_files,
    value_to_message,
)
from langchain_aimlapi.catalog.nearest import hint, nearest_word
from langchain_aimlapi.client import AimlapiClient
from langchain_aimlapi.endpoints import Calls, Check, Method, SyncCall, mounted
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.errors import (
    InvalidRequestError,
    JobFailedError,
    JobTimeoutError,
)

__all__ = ["AimlapiTool", "tool_endpoints"]

Artifact = dict[str, Any]
"""A message as a dictionary: plain data, since checkpointers keep no classes of other packages."""
PROGRESS_EVENT = "aimlapi_progress"
"""The name of the custom events that a job sends while it runs."""
_VERBS = ("generate", "create", "read")
# What the model that uses the tool can mend, or has to know; every other failure is the program's.
_FOR_THE_AGENT = (InvalidRequestError, JobFailedError, JobTimeoutError)


def tool_endpoints() -> list[str]:
    """The names of the endpoints that can be tools: ``"images.generate"``, ``"ocr"``, ..."""
    found = []
    for mount, hung in mounted(AimlapiClient).items():
        methods = {"": hung} if isinstance(hung, Method) else hung.methods()
        found += [
            f"{mount}.{verb}" if verb else mount
            for verb, method in methods.items()
            if isinstance(method, SyncCall)
            and not verb.startswith("_")
            and endpoint_arguments(None, method)
        ]
    return sorted(found)


class AimlapiTool(BaseTool):
    """An endpoint of AI/ML API as a tool: ``AimlapiTool("images", model="flux/schnell")``.

    Its arguments are those of the endpoint that a model can write: with the endpoint's types and
    descriptions, without files that the model does not take, and with all that it needs marked as
    required. Files are addresses. What is fixed at construction is no argument any more::

        agent = create_agent(
            ChatAimlapi(model="openai/gpt-4o"),
            [AimlapiTool("images", model="flux/schnell", aspect_ratio="16:9"),
             AimlapiTool("video", model="openai/sora-2-i2v", parameters=("prompt", "image"))],
        )

    The agent reads links or text (``content``). The program finds what was made in the
    ``artifact`` of the tool message: a message as a dictionary, with v1 content blocks, and with
    ``cost`` and ids in its ``response_metadata``. It goes into another prompt as it is, and
    survives every checkpointer of LangGraph. What the agent can put right (a
    size that the model does not have) comes back to it as an error with the choices; every other
    failure is raised. A job sends custom events named ``"aimlapi_progress"`` while it runs.

    Args:
        endpoint: ``"images"``, ``"images.edit"``, ``"video"``, ``"music"``, ``"meshes"``,
            ``"speech"``, ``"transcription"``, ``"ocr"``, ...; see `tool_endpoints`.
        client: What it is called with. Default: a new one, from the other options.
        name: Default: ``"generate_images"``, ...
        description: What the agent reads. Default: the endpoint's own.
        parameters: The only arguments to offer. Default: all.
        show: Whether the agent is to see images that were made, beside their links.
        options: Fixed arguments of the endpoint (``model``, ``n``, ``params``, ...), fields of
            LangChain's tools (``tags``, ``return_direct``, ...), or settings of the client
            (``api_key``, ``base_url``, ...).

    Raises:
        ValueError: there is no such endpoint, parameter or option; names the nearest one.
    """

    name: str = ""
    description: str = ""
    args_schema: SkipValidation[type[BaseModel]] | None = None
    endpoint: str
    """``"images.generate"``, ..."""
    client: AimlapiClient
    """What it is called with."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """Fixed arguments of every call."""
    show: bool = False
    """Whether images go to the agent as images, too."""
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True

    def __init__(
        self,
        endpoint: str,
        *,
        client: AimlapiClient | None = None,
        name: str | None = None,
        description: str | None = None,
        parameters: Sequence[str] | None = None,
        show: bool = False,
        **options: Any,
    ) -> None:
        endpoint = _whole_name(endpoint)
        _, method = _method(endpoint)
        mount, _, verb = endpoint.partition(".")
        known = method.__signature__.parameters
        fixed = {each: options.pop(each) for each in list(options) if each in known}
        if "model" in known and not fixed.get("model"):
            default = known["model"].default
            if default in (None, inspect.Parameter.empty):
                raise ValueError(f"{endpoint} needs model=..., the id of the model to use")
            fixed["model"] = default
        client, rest = _client(client, options, known)
        name = name or f"{verb}_{mount}".strip("_")
        offered = _offered(endpoint, client, fixed, parameters)
        super().__init__(
            endpoint=endpoint,
            client=client,
            name=name,
            description=description or endpoint_description(method),
            args_schema=arguments_model(name, offered),
            arguments=fixed,
            show=show,
            **rest,
        )

    def __getstate__(self) -> dict[str, object]:
        state: dict[str, Any] = super().__getstate__()
        fields = {**state["__dict__"], "args_schema": list(self.args)}
        return {**state, "__dict__": fields}

    def __setstate__(self, state: dict[str, Any]) -> None:
        fields = state["__dict__"]
        offered = _offered(
            fields["endpoint"], fields["client"], fields["arguments"], fields["args_schema"]
        )
        schema = arguments_model(fields["name"], offered)
        super().__setstate__({**state, "__dict__": {**fields, "args_schema": schema}})

    def _run(self, **arguments: Any) -> tuple[Any, Artifact]:
        def progress(status: str, fraction: float | None, seconds: float) -> None:
            dispatch_custom_event(PROGRESS_EVENT, self._progress(status, fraction, seconds))

        try:
            return self._answer(self._bound("")(**self._arguments(arguments, progress)))
        except _FOR_THE_AGENT as error:
            raise self._mendable(error) from error

    async def _arun(self, **arguments: Any) -> tuple[Any, Artifact]:
        async def progress(status: str, fraction: float | None, seconds: float) -> None:
            await adispatch_custom_event(PROGRESS_EVENT, self._progress(status, fraction, seconds))

        try:
            return self._answer(await self._bound("a")(**self._arguments(arguments, progress)))
        except _FOR_THE_AGENT as error:
            raise self._mendable(error) from error

    def files(self, message: BaseMessage | Mapping[str, object]) -> list[Media]:
        """The files that the tool made, to be saved, read or shown.

        Args:
            message: The tool message, or its artifact.

        Returns:
            `Media` values: ``[file.save("out") for file in tool.files(message)]``.
        """
        carrier = self.client._carrier()
        return [file.bound(carrier) for file in message_to_files(message)]

    # --- parts -----

    def _bound(self, prefix: str) -> Any:
        """The method of the client; ``prefix`` is "a" for its async twin."""
        mount, _, verb = self.endpoint.partition(".")
        if not verb:
            return getattr(self.client, prefix + mount)
        return getattr(getattr(self.client, mount), prefix + verb)

    def _arguments(self, arguments: Mapping[str, Any], progress: Any) -> dict[str, Any]:
        _, method = _method(self.endpoint)
        watched = {"progress": progress} if "progress" in method.__signature__.parameters else {}
        written = {name: value for name, value in arguments.items() if value is not None}
        return {**watched, **written, **self.arguments}

    def _progress(self, status: str, fraction: float | None, seconds: float) -> dict[str, object]:
        return {
            "tool": self.name, "status": status, "fraction": fraction, "seconds": round(seconds, 1)
        }  # fmt: skip

    def _answer(self, made: Any) -> tuple[Any, Artifact]:
        message = value_to_message(made, str(self.arguments.get("model", "")))
        artifact: Artifact = {
            "role": "assistant",
            "content": message.content,
            "response_metadata": message.response_metadata,
        }
        return message_to_content(message, show=self.show), artifact

    def _mendable(self, error: Exception) -> ToolException:
        """An error for the agent, where its arguments are at fault; a fixed one is not its own."""
        field = str(getattr(error, "field", None) or "").partition(".")[0]
        if isinstance(error, InvalidRequestError) and field in self.arguments:
            raise error
        return ToolException(str(error))


def _whole_name(endpoint: str) -> str:
    """``"images"`` -> ``"images.generate"``."""
    names = tool_endpoints()
    whole = next((f"{endpoint}.{verb}" for verb in _VERBS if f"{endpoint}.{verb}" in names), None)
    if endpoint in names or whole is not None:
        return whole or endpoint
    close = nearest_word(endpoint, names, 0.4)
    meant = f"; did you mean {close!r}?" if close else ""
    raise ValueError(f"no tool for {endpoint!r}: there are {', '.join(names)}{meant}")


def _method(endpoint: str) -> tuple[type[Calls] | None, Method[..., object]]:
    """An endpoint by its whole name, and what it hangs on."""
    mount, _, verb = endpoint.partition(".")
    hung = mounted(AimlapiClient)[mount]
    return (None, hung) if isinstance(hung, Method) else (hung, hung.methods()[verb])


def _client(
    client: AimlapiClient | None, options: Mapping[str, Any], known: Mapping[str, Any]
) -> tuple[AimlapiClient, dict[str, Any]]:
    """The client, and the options that are not for it."""
    own = set(BaseTool.model_fields) - {"args_schema", "response_format"}
    rest = {name: value for name, value in options.items() if name in own}
    settings = {name: value for name, value in options.items() if name not in own}
    names = argument_names(AimlapiClient)
    for name in settings:
        if name not in names:
            cure = hint(name, {*names, *known, *own}, otherwise="; the model's own go into params")
            raise ValueError(f"unknown option {name!r}{cure}")
    if client is None:
        return AimlapiClient(**settings), rest
    if settings:
        raise ValueError(f"{sorted(settings)[0]} belongs to the client: give it to client")
    return client, rest


def _offered(
    endpoint: str,
    client: AimlapiClient,
    fixed: Mapping[str, object],
    parameters: Sequence[str] | None,
) -> list[Argument]:
    """The arguments of a tool: as the model takes them, where the endpoint can tell that without
    a request."""
    calls, method = _method(endpoint)
    offered = [each for each in endpoint_arguments(calls, method) if each.name not in fixed]
    check = _check(endpoint, calls, client)
    if check is not None:
        takes = inspect.signature(check).parameters
        settled = {name: value for name, value in fixed.items() if name in takes}
        offered = fitted(offered, lambda arguments: check(**settled, **arguments))
    return _chosen(offered, parameters, endpoint)


def _check(
    endpoint: str, calls: type[Calls] | None, client: AimlapiClient
) -> Callable[..., Check] | None:
    """What looks at a call of the endpoint without making it; None where nothing does."""
    verb = endpoint.partition(".")[2]
    methods = calls.methods() if calls is not None else {}
    name = "check" if verb in _VERBS else f"check_{verb}"
    if calls is None or name not in methods:
        return None
    found: Callable[..., Check] = methods[name].__get__(calls(client))
    return found


def _chosen(
    offered: Sequence[Argument], parameters: Sequence[str] | None, endpoint: str
) -> list[Argument]:
    """The arguments that are to be offered."""
    if parameters is None:
        return list(offered)
    names = [each.name for each in offered]
    for name in parameters:
        if name not in names:
            raise ValueError(f"{endpoint} has no argument {name!r} to offer: {', '.join(names)}")
    missing = [each.name for each in offered if each.is_required and each.name not in parameters]
    if missing:
        raise ValueError(f"{endpoint} needs {', '.join(missing)}: offer it, or fix it")
    return [each for each in offered if each.name in parameters]
