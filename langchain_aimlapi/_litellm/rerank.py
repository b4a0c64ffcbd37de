"""``litellm.rerank``: the API has no model that ranks, which an error says with what there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from langchain_aimlapi import errors
from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.operations import Call, Handling


@dataclass(frozen=True, slots=True)
class _NoRanking:
    """Nothing is sent."""

    def run(self, call: Call) -> NoReturn:
        """Say so."""
        raise _refusal(call)

    async def arun(self, call: Call) -> NoReturn:
        """The async twin of `run`."""
        raise _refusal(call)


def _refusal(call: Call) -> errors.UnsupportedFeatureError:
    able = [facts.id for facts in call.catalog.models(kind="embedding") if "/" not in facts.id]
    model = next((id for id in able if id.startswith("text-embedding-3")), able[0] if able else "")
    return errors.UnsupportedFeatureError(
        f"the API has no model that ranks documents, so {call.model!r} cannot",
        advice=f"rank by likeness with litellm.embedding(model='{PROVIDER}/{model}', "
        "input=[query, *documents]), or let a chat model choose",
        model=call.model,
        status_code=400,
    )


HANDLING = {
    "rerank": Handling(
        lambda call: _NoRanking(),
        frozenset({"query", "documents", "top_n", "rank_fields", "return_documents"}),
    )
}
