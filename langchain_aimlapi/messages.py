"""Conversations that move to another provider: `portable`."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import BaseMessage, convert_to_messages
from langchain_core.messages.utils import MessageLikeRepresentation
from langchain_core.prompt_values import PromptValue

from langchain_aimlapi._langchain.portable import plain_messages

__all__ = ["portable"]


def portable(messages: Sequence[MessageLikeRepresentation] | PromptValue) -> list[BaseMessage]:
    """The conversation in plain messages, for any provider's LangChain package.

    ``ChatAimlapi`` takes any history as it is: this is for moving on to another class
    (``ChatOpenAI``, ``ChatAnthropic``, a local model, ...). The arguments are not changed.

    Kept: every text in its order, calls of tools and their results, names, ids, and the user's
    media, in LangChain's standard blocks. The words of a spoken answer and of a refusal are text.
    Images of answers and of tool results stand in a user message behind them, where every vendor
    takes them. Ids of calls are those that every vendor takes.

    Left out: what only one vendor reads. Thoughts and what is signed or encrypted in them, calls
    of server-side tools with their results, citations, marks of prompt caches, usage and metadata.

    Args:
        messages: A conversation in any form that LangChain takes, of any provider.

    Returns:
        New messages: human, system, AI and tool messages.

    Raises:
        ValueError: a message of a kind that is no part of a conversation (``RemoveMessage``).
    """
    return plain_messages(convert_to_messages(messages))
