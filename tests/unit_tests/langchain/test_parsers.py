"""Reading a structure out of an answer."""

from __future__ import annotations

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from langchain_aimlapi._langchain.parsers import (
    JsonAnswerParser,
    JsonCallParser,
    PydanticAnswerParser,
    PydanticCallParser,
    json_part,
)
from tests.harness.growth import assert_linear


class City(BaseModel):
    """A city."""

    name: str


GOOD = '{"name": "Ulm"}'
TEXTS = {
    GOOD: GOOD,
    f"  {GOOD}  ": GOOD,
    f"<think>{{1}}</think>\n{GOOD}": GOOD,
    f"```json\n{GOOD}\n```": GOOD,
    f"Well: ```\n{GOOD}\n``` so": GOOD,
    f"See [1] and {{that}}: {GOOD} [2]": GOOD,
    f"{GOOD} and {{more}}": GOOD,
    '[{"name": "Ulm"}]': '[{"name": "Ulm"}]',
    '{"name": "```json"}': '{"name": "```json"}',
    'So: {"name": "U': '{"name": "U',
    "no json": "no json",
    "": "",
}


@pytest.mark.parametrize("text", TEXTS)
def test_the_json_of_an_answer_is_found(text: str) -> None:
    assert json_part(text) == TEXTS[text]


@pytest.mark.parametrize("piece", ["{", '{"a":', "[", "<think>"])
def test_a_hostile_answer_is_searched_in_little_time(piece: str) -> None:
    assert isinstance(json_part(piece * 20_000), str)
    assert_linear(lambda count: json_part(piece * count), 2_500)


def _cut(text: str) -> AIMessage:
    return AIMessage(text, response_metadata={"finish_reason": "length"})


def test_an_answer_at_its_token_limit_is_no_result() -> None:
    for parser in (JsonAnswerParser(), PydanticAnswerParser(pydantic_object=City)):
        with pytest.raises(OutputParserException, match="token limit"):
            parser.invoke(_cut('{"name": "Ul'))
        assert parser.invoke(_cut(GOOD)) in ({"name": "Ulm"}, City(name="Ulm"))


def test_a_call_that_was_not_made_is_told() -> None:
    refused = AIMessage("", additional_kwargs={"refusal": "I will not."})
    for parser in (
        JsonCallParser(key_name="City", first_tool_only=True),
        PydanticCallParser(tools=[City], first_tool_only=True),
    ):
        with pytest.raises(OutputParserException, match="did not call City: 'Ulm'"):
            parser.invoke(AIMessage("Ulm"))
        with pytest.raises(OutputParserException, match="I will not"):
            parser.invoke(refused)
        with pytest.raises(OutputParserException, match="token limit"):
            parser.invoke(_cut(""))
