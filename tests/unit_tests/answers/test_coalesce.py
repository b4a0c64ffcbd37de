"""``coalesce``: fewer, longer deltas that say the same."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi._answers.coalesce import joined
from langchain_aimlapi._domain.values import Delta, ToolDelta
from langchain_aimlapi.emulator import Emulator, Say, ToolUse

WORDS = st.text(min_size=1, max_size=3)
DELTAS = st.one_of(
    st.tuples(WORDS, st.integers(0, 1)).map(lambda pair: Delta(pair[0], choice=pair[1])),
    WORDS.map(lambda word: Delta("", word)),
    st.just(Delta(tools=(ToolDelta(0, None, None, "{"),))),
    st.just(Delta(extra={"refusal": "no"})),
    st.just(Delta("x", logprobs={"content": [1]})),
)


@given(st.lists(DELTAS, max_size=30))
def test_nothing_is_lost_and_the_order_is_kept(deltas: list[Delta]) -> None:
    result = joined(deltas)

    def spelled(items: list[Delta]) -> list[object]:
        """Every character and every piece that is no text, in order."""
        said: list[object] = []
        for d in items:
            said += [("t", d.choice, c) for c in d.text] + [("r", d.choice, c) for c in d.reasoning]
            said += [("tools", d.tools)] * bool(d.tools) + [("extra", str(d.extra))] * bool(d.extra)
            said += [("logprobs", str(d.logprobs))] * bool(d.logprobs)
        return said

    assert spelled(result) == spelled(deltas)


@given(st.lists(DELTAS, max_size=30))
def test_no_two_neighbours_could_still_be_joined(deltas: list[Delta]) -> None:
    def plain(d: Delta) -> tuple[bool, int] | int:
        pure = not (d.tools or d.extra or d.logprobs) and bool(d.text) != bool(d.reasoning)
        return (bool(d.text), d.choice) if pure else id(d)

    result = joined(deltas)
    for kind, run in groupby(result, plain):
        assert not isinstance(kind, tuple) or len(list(run)) == 1


def test_a_coalesced_stream_is_shorter_and_says_the_same() -> None:
    say = Say("one two three four five", reasoning="first a thought", calls=(ToolUse("f", {}),))
    with Emulator() as api:
        api.say(say, times=2)
        settings = api.settings()
        texts = []
        for coalesce in (False, True):
            model = ChatAimlapi(model="deepseek/deepseek-v4-flash", coalesce=coalesce, **settings)
            whole = list(model.stream("go"))
            merged = whole[0]
            for chunk in whole[1:]:
                merged += chunk
            texts.append((merged.text, merged.additional_kwargs.get("reasoning_content")))
            assert [c["name"] for c in merged.tool_calls] == ["f"]
        assert texts[0] == texts[1]
