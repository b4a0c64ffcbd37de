"""What is sent for texts, and what is made of the answers."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi.endpoints.embeddings import Embedded, parse_embeddings, plan_embeddings
from langchain_aimlapi.errors import (
    APIError,
    InvalidRequestError,
    InvalidResponseError,
    UnsupportedFeatureError,
)
from tests.unit_tests.endpoints.planning import (
    Json,
    answer,
    bodies_of,
    body_of,
    carried_out,
    context,
    told,
)

OPENAI, VOYAGE = "text-embedding-3-small", "voyage-2"
QWEN, GOOGLE = "alibaba/qwen-text-embedding-v4", "text-multilingual-embedding-002"


def listed(*vectors: Any, **more: Any) -> Json:
    data = [{"object": "embedding", "index": at, "embedding": v} for at, v in enumerate(vectors)]
    return {"object": "list", "model": "m", "data": data, **more}


def parsed(value: Any, count: int, **headers: str) -> Embedded:
    return parse_embeddings(answer(value, headers), count=count, policy=Policy(model="m"))


def numbered(body: Json) -> Json:
    """An answer whose vectors tell which text they belong to."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    meta = {"usage": {"credits_used": 2 * len(texts), "usd_spent": 0.000001 * len(texts)}}
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return listed(*[[float(text.split()[0])] for text in texts], usage=usage, meta=meta)


# --- what goes out -----


def test_openai_is_asked_for_base64() -> None:
    plan = plan_embeddings(
        context(), model=OPENAI, input=["a", "b"], dimensions=8, purpose="query", user="u"
    )
    assert body_of(plan) == {
        "model": OPENAI, "input": ["a", "b"], "dimensions": 8, "encoding_format": "base64",
        "user": "u",
    }  # fmt: skip
    assert list(told(plan)) == ["user"]
    assert told(plan)["user"].startswith("user='u' was sent although")


def test_models_without_base64_are_not_asked_for_it() -> None:
    assert body_of(plan_embeddings(context(), model=QWEN, input="a")) == {
        "model": QWEN,
        "input": "a",
    }
    plan = plan_embeddings(context(), model=QWEN, input="a", encoding_format="base64")
    assert "encoding_format" in told(plan)


@pytest.mark.parametrize(
    ("purpose", "task"), [("query", "RETRIEVAL_QUERY"), ("document", "RETRIEVAL_DOCUMENT")]
)
def test_google_is_told_what_a_text_is_for(purpose: Any, task: str) -> None:
    plan = plan_embeddings(context(), model=GOOGLE, input="a", purpose=purpose)
    assert body_of(plan)["task_type"] == task
    own = plan_embeddings(
        context(), model=GOOGLE, input="a", purpose=purpose, task_type="CLUSTERING"
    )
    assert body_of(own)["task_type"] == "CLUSTERING"


def test_voyage_is_only_ever_told_document() -> None:
    assert body_of(plan_embeddings(context(), model=VOYAGE, input="a", purpose="document"))[
        "input_type"
    ] == "document"  # fmt: skip
    plan = plan_embeddings(context(), model=VOYAGE, input="a", purpose="query")
    assert "input_type" not in body_of(plan)
    assert told(plan) == {}
    asked = plan_embeddings(context(), model=VOYAGE, input="a", input_type="query")
    assert list(told(asked)) == ["input_type"]
    assert (
        "input_type='query' was left out: the model takes 'document'" in told(asked)["input_type"]
    )


def test_voyage_texts_too_long_for_a_list_go_out_alone_and_in_order() -> None:
    texts = ["0 a", "1 " + "b" * 900, "2 c", "3 d", "4 " + "e" * 7990]
    bodies = bodies_of(plan_embeddings(context(), model=VOYAGE, input=texts))
    assert [body["input"] for body in bodies] == [
        texts[0], texts[1], [texts[2], texts[3]], texts[4]
    ]  # fmt: skip
    result = carried_out(plan_embeddings(context(), model=VOYAGE, input=texts), numbered)
    assert [vector[0] for vector in result.vectors] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_text_that_no_form_takes_is_refused_by_its_position() -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"input\[1\].*8001 characters.*8000") as e:
        plan_embeddings(context(), model=VOYAGE, input=["a", "b" * 8001])
    assert "b" * 20 not in str(e.value)
    sent = plan_embeddings(context("send"), model=VOYAGE, input=["a", "b" * 8001])
    assert len(bodies_of(sent)) == 2


@pytest.mark.parametrize(
    ("model", "sizes"),
    [(QWEN, [10, 10, 5]), (OPENAI, [25])],
)
def test_batches_are_as_large_as_the_vendor_takes(model: str, sizes: list[int]) -> None:
    plan = plan_embeddings(context(), model=model, input=[f"{place} text" for place in range(25)])
    assert [len(body["input"]) for body in bodies_of(plan)] == sizes


def test_a_request_is_bounded_in_bytes_too() -> None:
    plan = plan_embeddings(context(), model=OPENAI, input=["\N{SNOWMAN}" * 40_000] * 5)
    assert [len(body["input"]) for body in bodies_of(plan)[:2]] == [2, 2]


@given(
    texts=st.lists(st.text(min_size=1, max_size=1200), min_size=1, max_size=30),
    size=st.integers(1, 7),
)
def test_splitting_loses_no_text_and_keeps_the_order(texts: list[str], size: int) -> None:
    for model in (VOYAGE, OPENAI, QWEN):
        bodies = bodies_of(plan_embeddings(context(), model=model, input=texts, batch_size=size))
        sent = [body["input"] for body in bodies]
        flat = [text for one in sent for text in ([one] if isinstance(one, str) else one)]
        assert flat == texts
        assert all(isinstance(one, str) or 2 <= len(one) <= size for one in sent)


def test_charges_and_tokens_of_several_requests_are_added_up() -> None:
    plan = plan_embeddings(context(), model=QWEN, input=[f"{place} t" for place in range(12)])
    result = carried_out(plan, numbered)
    assert [vector.tolist() for vector in result.vectors] == [[float(n)] for n in range(12)]
    assert result.usage.input == 12
    assert result.cost.credits == 24
    assert result.cost.usd == pytest.approx(0.000012)
    assert result.meta.extra["inference_ids"] == ["inf-0", "inf-1"]


@pytest.mark.parametrize(
    ("given_input", "said"),
    [
        ("", "input is an empty text"),
        (["a", ""], r"input\[1\] is an empty text"),
        ([1, 2, 3], r"input\[0\] is token ids"),
        ([[1, 2], [3]], r"input\[0\] is token ids"),
        (["a", None], r"input\[1\] is a value of type NoneType"),
        (7, "not int"),
        (b"a", "not bytes"),
    ],
)
def test_what_is_no_text_is_refused_before_anything_is_sent(given_input: Any, said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        plan_embeddings(context(), model=OPENAI, input=given_input)


def test_dimensions_outside_the_range_are_refused_not_rounded() -> None:
    with pytest.raises(UnsupportedFeatureError, match="64 to 2048, not 32"):
        plan_embeddings(context(), model=QWEN, input="a", dimensions=32)
    sent = plan_embeddings(context("send"), model=QWEN, input="a", dimensions=32)
    assert body_of(sent)["dimensions"] == 32
    with pytest.raises(UnsupportedFeatureError, match="dimensions"):
        plan_embeddings(context("error"), model=VOYAGE, input="a", dimensions=256)


def test_an_unknown_model_is_asked_permissively() -> None:
    plan = plan_embeddings(
        context(), model="new/embedder", input=["a"], dimensions=7, params={"late": 1},
        extra_body={"raw": True},
    )  # fmt: skip
    assert body_of(plan) == {
        "model": "new/embedder", "input": "a", "dimensions": 7, "late": 1, "raw": True
    }  # fmt: skip


def test_no_texts_need_no_request() -> None:
    plan = plan_embeddings(context(), model=OPENAI, input=[])
    assert len(plan.steps) == 0
    assert plan.join([]).vectors == ()


# --- what comes back -----


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=20))
def test_base64_and_numbers_give_the_same_vector(numbers: list[float]) -> None:
    packed = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    both = [parsed(listed(form), 1).vectors[0].tolist() for form in (packed, numbers)]
    assert both == [numbers, numbers]


def test_vectors_come_in_the_order_of_the_texts() -> None:
    data = [{"index": at, "embedding": [float(at)]} for at in (2, 0, 1)]
    assert [v[0] for v in parsed({"data": data}, 3).vectors] == [0.0, 1.0, 2.0]
    same = [{"index": 0, "embedding": [float(at)]} for at in range(3)]
    assert [v[0] for v in parsed({"data": same}, 3).vectors] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": None},
        {"data": []},
        listed([1.0]),
        listed([1.0], [1.0, 2.0]),
        listed([], []),
        listed([1.0], None),
        listed([1.0], ["a"]),
        listed([1.0], "no base64!"),
        listed([1.0], "AAA="),
        {"data": [[1.0], [2.0]]},
        {"data": [{"index": 0}, {"index": 1}]},
        [],
        None,
        b"<html>Login</html>",
        b"",
    ],
)
def test_a_success_without_embeddings_is_a_typed_error(body: Any) -> None:
    with pytest.raises(InvalidResponseError) as error:
        parsed(body, 2)
    assert error.value.inference_id == "inf-1"
    assert error.value.model == "m"


def test_an_error_told_with_a_200_is_raised_as_what_it_is() -> None:
    body = {"statusCode": 503, "message": "overloaded", "requestId": "r1"}
    with pytest.raises(APIError, match="overloaded") as error:
        parsed(body, 1)
    assert error.value.status_code == 503


def test_the_charge_is_read_from_the_headers_where_the_body_has_none() -> None:
    result = parsed(listed([1.0]), 1, x_aimlapi_usd_spent="0.5", x_client_request_id="mine")
    assert result.cost is not None
    assert result.cost.credits == 1_000_000
    assert result.client_request_id == "mine"


def test_every_published_answer_is_understood(shared: Path) -> None:
    seen = 0
    for file in sorted((shared / "responses").glob("embedding__*.json")):
        body = json.loads(file.read_text())
        result = parsed(body, 1)
        assert result.vectors[0].tolist() == body["data"][0]["embedding"]
        assert result.usage is not None
        assert result.usage.input == result.usage.total > 0
        assert (result.cost is not None) == ("meta" in body)
        seen += 1
    assert seen >= 10
