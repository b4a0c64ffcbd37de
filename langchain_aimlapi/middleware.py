"""Middleware for LangChain's agents: a limit of spend, prompt caching with a report, moderation.

    agent = create_agent(
        model, tools, middleware=[SpendLimit(run_limit_usd=0.50), caching := PromptCaching()]
    )
    agent.invoke(...)
    print(caching.report)

Needs the package ``langchain`` (1.2 or newer; on langgraph 1.1 or newer).
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain.agents.middleware.types import PrivateStateAttr, hook_config
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.channels.untracked_value import UntrackedValue

from langchain_aimlapi._langchain.agents import keep_marks_on_fallback
from langchain_aimlapi._langchain.caching import CacheReport, marked_message, report_of
from langchain_aimlapi.chat_models import ChatAimlapi
from langchain_aimlapi.errors import SpendLimitError
from langchain_aimlapi.moderation import AimlapiModeration, Verdict, flagged

__all__ = ["CacheReport", "Moderation", "PromptCaching", "SpendLimit", "SpendLimitError"]

# Of agents with any answer and any context.
_State = AgentState[Any]
_Update = dict[str, Any]
if TYPE_CHECKING:
    _Request = ModelRequest[Any]
    _Response = ModelResponse[Any]

# --- a limit of spend -----


class SpendState(AgentState[Any]):
    """What an agent has spent on its own model calls, in US dollars."""

    thread_spend_usd: NotRequired[Annotated[float, PrivateStateAttr]]
    run_spend_usd: NotRequired[Annotated[float, UntrackedValue, PrivateStateAttr]]


class SpendLimit(AgentMiddleware[SpendState, Any, Any]):
    """Ends an agent before the model call that follows a limit.

    It counts the real charges of the agent's own model calls. What tools, sub-agents and other
    middleware spend counts with ``track_spend(limit_usd=...)`` around the call of the agent, which
    also refuses a call that would pass the limit.

    Args:
        run_limit_usd: Most US dollars of one call of the agent; None: no limit.
        thread_limit_usd: Most US dollars of a whole conversation, which a checkpointer keeps.
        exit_behavior: ``end``: end the agent with a message that says so; ``error``: raise
            `SpendLimitError`.

    Raises:
        ValueError: there is no limit, or one below 0.
    """

    state_schema = SpendState

    def __init__(
        self,
        *,
        run_limit_usd: float | None = None,
        thread_limit_usd: float | None = None,
        exit_behavior: Literal["end", "error"] = "end",
    ) -> None:
        super().__init__()
        limits = [limit for limit in (run_limit_usd, thread_limit_usd) if limit is not None]
        if not limits or min(limits) < 0:
            raise ValueError("give run_limit_usd or thread_limit_usd, 0 or more US dollars")
        if exit_behavior not in ("end", "error"):
            raise ValueError(f"exit_behavior={exit_behavior!r} must be 'end' or 'error'")
        self.run_limit_usd = run_limit_usd
        self.thread_limit_usd = thread_limit_usd
        self.exit_behavior = exit_behavior

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: SpendState, runtime: object) -> _Update | None:
        """End the run where a limit is reached."""
        for what, limit, spent in (
            ("run", self.run_limit_usd, state.get("run_spend_usd", 0.0)),
            ("thread", self.thread_limit_usd, state.get("thread_spend_usd", 0.0)),
        ):
            if limit is not None and spent >= limit:
                text = f"spend limit reached: this {what} has cost {spent:.6f} of {limit} USD"
                if self.exit_behavior == "error":
                    raise SpendLimitError(text, limit_usd=limit, spent_usd=spent)
                return {"jump_to": "end", "messages": [AIMessage(text)]}
        return None

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: SpendState, runtime: object) -> _Update | None:
        """The async twin of `before_model`."""
        return self.before_model(state, runtime)

    def after_model(self, state: SpendState, runtime: object) -> _Update | None:
        """Add what the call has cost."""
        usd = _cost_of_last(state["messages"])
        return {
            "run_spend_usd": state.get("run_spend_usd", 0.0) + usd,
            "thread_spend_usd": state.get("thread_spend_usd", 0.0) + usd,
        }

    async def aafter_model(self, state: SpendState, runtime: object) -> _Update | None:
        """The async twin of `after_model`."""
        return self.after_model(state, runtime)


def _cost_of_last(messages: Sequence[BaseMessage]) -> float:
    """The charge of the newest answer, in US dollars."""
    for message in reversed(messages):
        if isinstance(message, AIMessage):
            cost = message.response_metadata.get("cost")
            return cost if isinstance(cost, float) else 0.0
    return 0.0


# --- prompt caching -----


@dataclass(frozen=True, slots=True)
class _Marks:
    """How prompts are marked."""

    mark: dict[str, str]
    min_messages: int


class PromptCaching(AgentMiddleware[_State, Any, Any]):
    """Marks the prompt of an agent, so that its beginning is read from the vendor's cache.

    The marks stand at the end of the system prompt, on the last tool and on the newest message:
    each turn then reads what the turn before has written. They are set for models that take them
    (``"prompt_caching"`` among ``Catalog.capabilities``), whatever the vendor; OpenAI's and
    others cache by themselves and ignore them. Models of other providers are left alone.

    ``report`` says what the real usage shows. LangChain's ``ModelFallbackMiddleware`` takes marks
    away from models that it does not know to be Anthropic's; making this middleware adds ours to
    those.

    Args:
        ttl: How long an entry of the cache lives; ``1h`` costs more to write.
        min_messages: Do not mark shorter conversations: writing costs more than plain input.
    """

    def __init__(self, *, ttl: Literal["5m", "1h"] = "5m", min_messages: int = 0) -> None:
        super().__init__()
        if ttl not in ("5m", "1h"):
            raise ValueError(f"ttl={ttl!r} must be '5m' or '1h'")
        mark = {"type": "ephemeral"} if ttl == "5m" else {"type": "ephemeral", "ttl": ttl}
        self._marks = _Marks(mark, min_messages)
        self._report = CacheReport()
        self._lock = threading.Lock()
        keep_marks_on_fallback()

    @property
    def report(self) -> CacheReport:
        """What was read from the cache so far, and what that saved."""
        return self._report

    def wrap_model_call(
        self,
        request: _Request,
        handler: Callable[[_Request], _Response],
    ) -> _Response:
        """Make the call with marks, and read its usage."""
        response = handler(self._marked(request))
        self._read(request, response)
        return response

    async def awrap_model_call(
        self,
        request: _Request,
        handler: Callable[[_Request], Awaitable[_Response]],
    ) -> _Response:
        """The async twin of `wrap_model_call`."""
        response = await handler(self._marked(request))
        self._read(request, response)
        return response

    def _marked(self, request: _Request) -> _Request:
        model, marks = request.model, self._marks
        if (
            not isinstance(model, ChatAimlapi)
            or "prompt_caching" not in model._catalog().capabilities(model.model)
            or len(request.messages) < marks.min_messages
        ):
            return request
        changes: dict[str, Any] = {}
        if request.system_message is not None:
            marked = marked_message(request.system_message, marks.mark)
            if isinstance(marked, SystemMessage):
                changes["system_message"] = marked
        if request.messages:
            *earlier, last = request.messages
            changes["messages"] = [*earlier, marked_message(last, marks.mark)]
        if request.tools:
            *others, tool = request.tools
            changes["tools"] = [*others, _marked_tool(tool, marks.mark)]
        return request.override(**changes)

    def _read(self, request: _Request, response: _Response) -> None:
        model = request.model
        if not isinstance(model, ChatAimlapi):
            return
        for message in response.result:
            if isinstance(message, AIMessage) and message.usage_metadata is not None:
                read = report_of(message, model._facts(model.model).prices)
                with self._lock:
                    self._report = self._report.plus(read)


def _marked_tool(
    tool: BaseTool | dict[str, object], mark: dict[str, str]
) -> BaseTool | dict[str, object]:
    if isinstance(tool, BaseTool):
        return tool.model_copy(update={"extras": {**(tool.extras or {}), "cache_control": mark}})
    return {**tool, "cache_control": mark}


# --- moderation -----

FLAGGED = "This cannot be answered: it was flagged ({why})."


class Moderation(AgentMiddleware[_State, Any, Any]):
    """Judges what users write and what the model answers; what is flagged ends the agent.

    A guard that fails is an error of the agent: nothing passes unjudged.

    Args:
        moderation: Who judges.
        judges_input: Judge the newest message where a user or a tool has written it.
        judges_output: Judge what the model writes; a flagged answer is replaced.
        exit_behavior: ``end``: end the agent with a message that says so; ``error``: raise
            `langchain_aimlapi.moderation.ContentFlaggedError`.
    """

    def __init__(
        self,
        moderation: AimlapiModeration,
        *,
        judges_input: bool = True,
        judges_output: bool = True,
        exit_behavior: Literal["end", "error"] = "end",
    ) -> None:
        super().__init__()
        if exit_behavior not in ("end", "error"):
            raise ValueError(f"exit_behavior={exit_behavior!r} must be 'end' or 'error'")
        self.moderation = moderation
        self.judges_input = judges_input
        self.judges_output = judges_output
        self.exit_behavior = exit_behavior

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: _State, runtime: object) -> _Update | None:
        """Judge what is new before the model reads it."""
        new = self._input(state)
        return self._end(self.moderation.invoke(new), None) if new is not None else None

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: _State, runtime: object) -> _Update | None:
        """The async twin of `before_model`."""
        new = self._input(state)
        return self._end(await self.moderation.ainvoke(new), None) if new is not None else None

    @hook_config(can_jump_to=["end"])
    def after_model(self, state: _State, runtime: object) -> _Update | None:
        """Judge the answer before anybody acts on it."""
        answer = self._output(state)
        if answer is None:
            return None
        return self._end(self.moderation.invoke(answer, by_model=True), answer.id)

    @hook_config(can_jump_to=["end"])
    async def aafter_model(self, state: _State, runtime: object) -> _Update | None:
        """The async twin of `after_model`."""
        answer = self._output(state)
        if answer is None:
            return None
        return self._end(await self.moderation.ainvoke(answer, by_model=True), answer.id)

    def _input(self, state: _State) -> BaseMessage | None:
        newest = state["messages"][-1] if self.judges_input and state["messages"] else None
        return newest if isinstance(newest, HumanMessage | ToolMessage) else None

    def _output(self, state: _State) -> AIMessage | None:
        newest = state["messages"][-1] if self.judges_output and state["messages"] else None
        return newest if isinstance(newest, AIMessage) else None

    def _end(self, verdict: Verdict, replaced: str | None) -> dict[str, object] | None:
        if not verdict.flagged:
            return None
        if self.exit_behavior == "error":
            raise flagged(verdict)
        text = FLAGGED.format(why=", ".join(verdict.categories) or "no category is named")
        return {"jump_to": "end", "messages": [AIMessage(text, id=replaced)]}
