"""What a finished batch costs in LiteLLM's books: half the list price of what its calls used.

LiteLLM tells the cost of a batch whenever a finished one is retrieved (a router and a proxy book it
once, by its id), in async calls only, and takes a price that it does not know for 0. Here both
colours tell it, and an unknown price stays unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import litellm
from litellm._logging import verbose_logger

from langchain_aimlapi._answers.usage import count, read_usage
from langchain_aimlapi._domain.values import Meta
from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.config import plain_name
from langchain_aimlapi._litellm.prices import UNMAPPED, is_priced
from langchain_aimlapi._litellm.replies import usage_of

_USE = "aimlapi_batch_use"


class BatchUse:
    """What the calls of a batch have used, added up row by row."""

    def __init__(self) -> None:
        self._tokens: dict[str, dict[str, int]] = {}
        self.succeeded = self.failed = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one row of the results."""
        result = row.get("result") or {}
        message = result.get("message")
        if result.get("type") != "succeeded" or not isinstance(message, Mapping):
            self.failed += 1
            return
        self.succeeded += 1
        counts = self._tokens.setdefault(str(message.get("model") or ""), {})
        for name, value in (message.get("usage") or {}).items():
            if (number := count(value)) is not None:
                counts[name] = counts.get(name, 0) + number

    def as_values(self) -> dict[str, Any]:
        """It as plain values, to stand beside LiteLLM's batch."""
        return {"tokens": self._tokens, "succeeded": self.succeeded, "failed": self.failed}


def usd_of(use: Mapping[str, Any], model_info: Any = None) -> tuple[float, float] | None:
    """(input, output) in US dollars; None where a price is not known.

    Args:
        use: `BatchUse.as_values`.
        model_info: Prices of a deployment, over those of the model.
    """
    from litellm.cost_calculator import batch_cost_calculator

    try:
        parts = [
            batch_cost_calculator(
                usage=usage,
                model=_priced(model),
                custom_llm_provider=PROVIDER,
                model_info=model_info,
            )
            for model, usage in _usages(use)
        ]
    except UNMAPPED as error:
        verbose_logger.error("aimlapi: a batch has no charge in LiteLLM's books: %s", error)
        return None
    return sum(one for one, _ in parts), sum(other for _, other in parts)


def _priced(model: str) -> str:
    """The name that has the price. Results name a model as it was served: without its vendor
    (``claude-opus-4-6``), or with a date."""
    if _is_priced(f"{PROVIDER}/{model}"):
        return model
    plain = plain_name(model)
    alike = (name for name in litellm.model_cost if name.startswith(f"{PROVIDER}/"))
    found = sorted(name for name in alike if plain_name(name) == plain and _is_priced(name))
    return found[0].removeprefix(f"{PROVIDER}/") if found else model


def _is_priced(name: str) -> bool:
    return is_priced({**(litellm.model_cost.get(name) or {}), "key": name})


def _usages(use: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found = [(model, read_usage(counts)) for model, counts in use["tokens"].items()]
    return [(model, usage_of(Meta(usage=usage))) for model, usage in found if usage is not None]


def _all(use: Mapping[str, Any]) -> Any:
    """LiteLLM's usage of the whole batch."""
    summed: Counter[str] = Counter()
    for counts in use["tokens"].values():
        summed.update(counts)
    return usage_of(Meta(usage=read_usage(summed or {"total_tokens": 0})))


def stand_beside(hidden: dict[str, Any], use: Mapping[str, Any]) -> None:
    """Put what a batch has used among the hidden parameters of LiteLLM's object."""
    hidden[_USE] = dict(use)


def booked(batch: Any, model_info: Any) -> Any:
    """LiteLLM's own record of a batch of this provider; None where no figures stand beside it."""
    use = (getattr(batch, "_hidden_params", None) or {}).get(_USE)
    return None if use is None else _result(use, model_info)


def _result(use: Mapping[str, Any], model_info: Any) -> Any:
    from litellm.batches.batch_utils import BatchCostUsageResult

    usd = usd_of(use, model_info)
    cost: Any = None if usd is None else sum(usd)  # LiteLLM's word for "not known"
    parts = dict(zip(("prompt_cost", "completion_cost"), usd or (), strict=False))
    fields = BatchCostUsageResult.__dataclass_fields__  # 1.100 has no parts of the cost
    return BatchCostUsageResult(
        cost=cost,
        usage=_all(use),
        models=list(use["tokens"]),
        successful_requests=use["succeeded"],
        failed_requests=use["failed"],
        **{name: value for name, value in parts.items() if name in fields},
    )
