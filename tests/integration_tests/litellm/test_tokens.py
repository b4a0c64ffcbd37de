"""Tokens are counted on this machine."""

from __future__ import annotations

from typing import Any

import pytest

from .helpers import GPT, HI, litellm

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("model", [GPT, "meta-llama/Llama-3.3-70B-Instruct-Turbo"])
def test_tokens_are_counted_here_and_no_tokenizer_is_loaded(
    model: str, monkeypatch: pytest.MonkeyPatch, runner: Any
) -> None:
    def load(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a tokenizer was looked for")

    monkeypatch.setattr(litellm.utils, "_return_huggingface_tokenizer", load)
    name = f"aimlapi/{model}"
    assert litellm.token_counter(model=name, messages=HI) > 5
    counted = runner.run(litellm.acount_tokens(model=name, messages=HI))
    assert counted.total_tokens > 5
