"""The real charge of every call in LangSmith.

LangSmith shows tokens of our models but no cost: it has no price list for them, and a float in
``usage_metadata`` is an error in langchain-core's sums. The charge is therefore put into the trace
alone, when a run is finished, where LangSmith looks for it.

Source: LangSmith's "cost tracking" page and langchain-core 1.6 to 1.8, read 2026-11-27.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.tracers.langchain import LangChainTracer
from langchain_core.tracers.schemas import Run

__all__ = ["CostTracer", "add_cost", "install"]

_METHOD = "_update_run_single"


class CostTracer(LangChainTracer):
    """LangChain's tracer for LangSmith, with the charge of each call of our models.

    Give it as a callback in place of a ``LangChainTracer``: ``config={"callbacks":
    [CostTracer(project_name="...")]}``. Runs of other models are traced as ever. Where tracing is
    switched on by ``LANGSMITH_TRACING``, use `install`.
    """

    @staticmethod
    def _update_run_single(run: Run) -> None:
        add_cost(run)
        LangChainTracer._update_run_single(run)


def install() -> None:
    """Make every tracer of this process add the charge, also those that ``LANGSMITH_TRACING``
    switches on. Call it once, at the start of the program; calling it again changes nothing.

    Raises:
        RuntimeError: this version of langchain-core sends runs in another way. Nothing has been
            changed then; use `CostTracer`.
    """
    original = vars(LangChainTracer).get(_METHOD)
    if not isinstance(original, staticmethod):
        raise RuntimeError(
            "the tracer of this version of langchain-core is not known (1.6 to 1.8 are); "
            "pass a CostTracer as a callback instead"
        )
    if getattr(original.__func__, "adds_cost", False):
        return
    send = original.__func__

    def send_with_cost(run: Run) -> None:
        add_cost(run)
        send(run)

    send_with_cost.adds_cost = True  # type: ignore[attr-defined]  # functions take any attribute
    setattr(LangChainTracer, _METHOD, staticmethod(send_with_cost))


def add_cost(run: Run) -> None:
    """Put the charge of a finished call into its metadata, as ``usage_metadata.total_cost``."""
    if run.run_type != "llm" or not run.outputs:
        return
    costs = list(_costs(run.outputs))
    if not costs:
        return
    metadata = run.extra.setdefault("metadata", {})
    usage = dict(metadata.get("usage_metadata") or {})  # the message's own dictionary until now
    metadata["usage_metadata"] = {**usage, "total_cost": sum(costs)}


def _costs(outputs: Mapping[str, Any]) -> Iterator[float]:
    """The charges in the outputs of a run, which hold messages in serialized form."""
    for batch in outputs.get("generations") or ():
        for generation in batch or ():
            message = generation.get("message") if isinstance(generation, dict) else None
            kwargs = message.get("kwargs") if isinstance(message, dict) else None
            metadata = kwargs.get("response_metadata") if isinstance(kwargs, dict) else None
            if isinstance(metadata, dict) and metadata.get("model_provider") == "aimlapi":
                cost = metadata.get("cost")
                if isinstance(cost, float):
                    yield cost
                    break  # several answers of one call carry the same charge
