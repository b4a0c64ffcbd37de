"""What is bound to a chat model: tools, and the shape of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypedDict, TypeVar, overload

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from langchain_aimlapi._domain.tools import choice_to_openai
from langchain_aimlapi._langchain.identity import Identity
from langchain_aimlapi._langchain.literals import Method
from langchain_aimlapi._langchain.tools import closed_format, schema_to_format, tool_to_openai

if TYPE_CHECKING:
    Base = Identity
else:
    Base = object  # a class of methods: as a model of its own it would cost every import 2 ms

T = TypeVar("T")


class RawAnswer(TypedDict, Generic[T]):
    """What ``with_structured_output(..., include_raw=True)`` gives."""

    raw: AIMessage
    parsed: T | None
    parsing_error: BaseException | None


class Binding(Base):
    """The part of a chat model that gives new runnables; stands before `Identity` in its bases."""

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        response_format: object = None,
        **kwargs: object,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools.

        Args:
            tools: Functions, pydantic classes, TypedDicts, ``BaseTool``s, schemas in OpenAI's or
                Anthropic's form, and server-side tools of a vendor.
            tool_choice: ``"auto"``, ``"none"``, ``"any"`` or ``"required"``, a tool's name, True
                (any), or a vendor's dictionary. A model without tools is asked in its prompt for
                the arguments of the one tool that it has to call.
            strict: Hold the arguments to the schema, where the model can.
            parallel_tool_calls: Whether one answer may hold several calls.
            response_format: Shape of the final answer: a pydantic class, a TypedDict, a JSON
                schema, or the API's own dictionary.
            kwargs: Further parameters of every call.

        Returns:
            A runnable that answers with messages; its calls are in ``tool_calls``.

        Raises:
            ValueError: ``tool_choice`` names none of the tools, or a tool has no known form.
        """
        openai_tools = [tool_to_openai(tool, strict=strict) for tool in tools]
        bound: dict[str, Any] = {**kwargs, "tools": openai_tools}
        choice = choice_to_openai(tool_choice, openai_tools)
        if choice is not None:
            bound["tool_choice"] = choice
        if parallel_tool_calls is not None:
            bound["parallel_tool_calls"] = parallel_tool_calls
        if response_format is not None:
            bound["response_format"] = self._response_format(response_format, strict)
        elif choice not in (None, "auto", "none") and self._may_be_adapted(openai_tools, kwargs):
            from langchain_aimlapi._langchain.structured import bind_forced

            return bind_forced(self, self._facts(self.model), bound, kwargs)
        return self.bind(**bound)

    def _may_be_adapted(
        self, tools: Sequence[Mapping[str, Any]], kwargs: Mapping[str, object]
    ) -> bool:
        """Whether a call that is forced may be requested in another way than as a tool."""
        if self.on_unsupported in ("error", "send"):
            return False
        if "ls_structured_output_format" in kwargs:  # a method that the user named
            return False
        return all(tool.get("type") == "function" for tool in tools)

    def _response_format(self, wanted: Any, strict: bool | None) -> Mapping[str, object]:
        """The API's dictionary of a format, strict by default as `with_structured_output` is."""
        from langchain_aimlapi._langchain.structured import strict_by_default

        facts = self._facts(self.model)
        is_written_out = isinstance(wanted, Mapping) and "type" in wanted and "title" not in wanted
        if is_written_out and wanted["type"] != "json_schema":
            return dict(wanted)
        if strict is None:
            strict = strict_by_default(facts, "json_schema", wanted)
        if not is_written_out:
            return schema_to_format(wanted, strict=strict)
        return closed_format(wanted) if strict else dict(wanted)

    @overload
    def with_structured_output(
        self,
        schema: type[T],
        *,
        method: Method | None = None,
        include_raw: Literal[False] = False,
        strict: bool | None = None,
        repair: Literal[0, 1] = 0,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, T]: ...

    @overload
    def with_structured_output(
        self,
        schema: dict[str, Any] | None = None,
        *,
        method: Method | None = None,
        include_raw: Literal[False] = False,
        strict: bool | None = None,
        repair: Literal[0, 1] = 0,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any]]: ...

    @overload
    def with_structured_output(
        self,
        schema: type[T],
        *,
        method: Method | None = None,
        include_raw: Literal[True],
        strict: bool | None = None,
        repair: Literal[0, 1] = 0,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, RawAnswer[T]]: ...

    @overload
    def with_structured_output(
        self,
        schema: dict[str, Any] | None = None,
        *,
        method: Method | None = None,
        include_raw: Literal[True],
        strict: bool | None = None,
        repair: Literal[0, 1] = 0,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, RawAnswer[dict[str, Any]]]: ...

    @overload
    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        method: Method | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        repair: int = 0,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]: ...

    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        method: Method | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        repair: int = 0,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """The model with answers in the shape of ``schema``.

        Args:
            schema: Pydantic class, TypedDict, JSON schema or tool schema.
            method: ``json_schema``, ``function_calling`` or ``json_mode``. Default: the best that
                the model can, in this order.
            include_raw: Return ``{"raw": AIMessage, "parsed": ..., "parsing_error": ...}``.
            strict: Hold the answer to the schema, where the model can. Default: yes, where the
                model is documented to take it and the schema is made of what it knows.
            repair: 1: check every answer against the schema, whatever the method, and ask once
                more where it does not fit, with the answer and what is wrong with it. Where the
                API refuses the method itself, the second call uses the next weaker one. There
                are never more than two calls, and a stream gives the whole at once.
            kwargs: Further parameters of every call.

        Returns:
            A runnable that gives an instance of the pydantic class, else a dictionary. A stream
            of it gives dictionaries that grow. It raises OutputParserException (at the end of a
            stream) for a refusal, an answer cut at its token limit, and one that does not fit;
            with ``repair=1`` a `StructuredOutputError`, which has the answers and their cost.

        Raises:
            ValueError: an unknown method, no schema where one is needed, or a type that is no
                object (``list[X]``, ``Optional[X]``).
        """
        from langchain_aimlapi._langchain import repair as repairing  # 12 ms of an import
        from langchain_aimlapi._langchain import structured

        facts = self._facts(self.model)
        chosen = method or structured.best_method(facts)
        structured.check(chosen, schema, repair)
        if strict is None:
            strict = structured.strict_by_default(facts, chosen, schema)
        first = structured.way_of(self, schema, chosen, strict, kwargs, named=method is not None)
        if not repair:
            by_tool = method is None and chosen == "function_calling"
            if by_tool and structured.may_pass_by(facts) and self._may_be_adapted([], {}):
                first = structured.insisting(first, quiet=include_raw)
            return structured.chain_of(first, include_raw=include_raw)
        ways = [first]
        if method is None:
            if chosen == "json_schema":
                ways.append(structured.way_of(self, schema, "function_calling", None, kwargs))
            ways.append(structured.way_in_words(self, schema, kwargs))
        return repairing.Repairing(self, schema, ways, include_raw).runnable()
