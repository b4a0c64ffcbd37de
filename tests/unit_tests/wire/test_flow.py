"""Flows driven by a script: what they decide, without any I/O."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.reader import AnswerReader
from langchain_aimlapi._domain.values import Delta, StreamEnd
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import (
    Close,
    Drain,
    Fault,
    FaultKind,
    Open,
    Policy,
    Read,
    Retry,
    Send,
)
from langchain_aimlapi._wire.request import Limits, Request, Response

REQUEST = Request(
    "POST", "https://api.example/v1/chat/completions", {}, b'{"prompt": "secret plan"}'
)
OK = Response(200, {}, b"fine")


@dataclass
class World:
    """A driver that answers from a script, and a clock that only it moves."""

    script: list[Any]
    now: float = 1000.0
    did: list[Any] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def policy(self, *, max_retries: int = 2, secret: str | None = None, **limits: Any) -> Policy:
        return Policy(max_retries, Limits(**limits), "vendor/model", secret, self.clock)

    def run(self, steps: flow.Flow[Any]) -> Any:
        """Carry out a flow; what it returns or raises."""
        answer: Any = None
        while True:
            try:
                command = steps.throw(answer) if isinstance(answer, Fault) else steps.send(answer)
            except StopIteration as stop:
                return stop.value
            answer = None
            if isinstance(command, list):
                self.items += command
                continue
            self.did.append(command)
            if isinstance(command, Retry):
                self.now += command.seconds
            elif isinstance(command, Send | Open | Read):
                answer = self._next()

    def _next(self) -> Any:
        assert self.script, "the flow asks for more than the script holds"
        step = self.script.pop(0)
        while isinstance(step, float):
            self.now += step
            step = self.script.pop(0)
        return step

    def sleeps(self) -> list[float]:
        return [c.seconds for c in self.did if isinstance(c, Retry)]

    def requests(self) -> int:
        return sum(isinstance(c, Send | Open) for c in self.did)

    def kinds(self) -> list[str]:
        return [type(c).__name__ for c in self.did]


def call(world: World, **options: Any) -> Any:
    return world.run(flow.call(REQUEST, lambda r: r.body, world.policy(**options)))


def failed(status: int, message: str = "no", **headers: str) -> Response:
    names = {k.replace("_", "-"): v for k, v in headers.items()}
    body = {"requestId": "r-1", "statusCode": status, "message": message}
    return Response(status, names, json.dumps(body).encode())


# --- whole answers -----


def test_an_answer_is_parsed_and_returned() -> None:
    world = World([OK])
    assert call(world) == b"fine"
    assert world.kinds() == ["Send"]


@pytest.mark.parametrize("status", [200, 201, 299])
def test_every_2xx_is_an_answer(status: int) -> None:
    assert call(World([Response(status, {}, b"fine")])) == b"fine"


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529, 599])
def test_what_may_pass_is_tried_again_and_then_succeeds(status: int) -> None:
    world = World([failed(status), failed(status), OK])
    assert call(world) == b"fine"
    assert world.kinds() == ["Send", "Retry", "Send", "Retry", "Send"]
    first, second = world.sleeps()
    assert 0.375 <= first <= 0.5
    assert 0.75 <= second <= 1.0


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 413, 422, 301, 307])
def test_what_cannot_pass_is_asked_once(status: int) -> None:
    world = World([failed(status, "the reason")])
    with pytest.raises(errors.AimlapiError) as caught:
        call(world)
    assert world.kinds() == ["Send"]
    assert caught.value.status_code == status
    assert caught.value.model == "vendor/model"


def test_out_of_credit_is_asked_once_even_as_a_429() -> None:
    world = World([failed(429, "You exceeded your current quota, please check your plan")])
    with pytest.raises(errors.OutOfCreditError):
        call(world)
    assert world.requests() == 1


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_max_retries_is_exact(retries: int) -> None:
    world = World([failed(503)] * (retries + 1))
    with pytest.raises(errors.APIError) as caught:
        call(world, max_retries=retries)
    assert world.requests() == retries + 1
    assert caught.value.request_id == "r-1"


def test_the_wait_is_told_with_its_attempt_and_reason() -> None:
    world = World([failed(429), Fault("connect", "refused"), OK])
    call(world)
    told = [c for c in world.did if isinstance(c, Retry)]
    assert [(s.attempt, type(s.error)) for s in told] == [
        (1, errors.RateLimitError),
        (2, errors.APIConnectionError),
    ]


def test_retry_waits_what_the_server_says() -> None:
    world = World([failed(429, retry_after="7"), failed(503, retry_after_ms="250"), OK])
    call(world)
    assert world.sleeps() == [7.0, 0.25]


def test_an_hour_is_not_waited_but_told() -> None:
    world = World([failed(429, retry_after="3600")])
    with pytest.raises(errors.RateLimitError) as caught:
        call(world)
    assert world.kinds() == ["Send"]
    assert caught.value.retry_after == 3600
    assert "3600 s" in str(caught.value)


@pytest.mark.parametrize("value", ["nan", "-1", "soon", "inf"])
def test_an_insane_wait_is_replaced_by_our_own(value: str) -> None:
    world = World([failed(429, retry_after=value), OK])
    call(world)
    assert 0.375 <= world.sleeps()[0] <= 0.5


@pytest.mark.parametrize("kind", ["connect", "timeout", "broken"])
def test_a_failed_connection_is_tried_again(kind: FaultKind) -> None:
    world = World([Fault(kind, "it broke"), OK])
    assert call(world) == b"fine"
    assert world.requests() == 2


@pytest.mark.parametrize("kind", ["tls", "url", "proxy", "deadline", "too_large"])
def test_what_a_new_connection_cannot_mend_is_not_tried_again(kind: FaultKind) -> None:
    world = World([Fault(kind, "it is so")])
    with pytest.raises(errors.AimlapiError, match="it is so"):
        call(world)
    assert world.requests() == 1


def test_every_kind_of_fault_has_its_class() -> None:
    expected: dict[FaultKind, type[errors.AimlapiError]] = {
        "connect": errors.APIConnectionError,
        "tls": errors.APIConnectionError,
        "timeout": errors.APITimeoutError,
        "deadline": errors.APITimeoutError,
        "broken": errors.APIConnectionError,
        "too_large": errors.InvalidResponseError,
        "url": errors.APIConnectionError,
        "proxy": errors.APIConnectionError,
    }
    assert set(expected) == set(get_args(FaultKind))
    for kind, cls in expected.items():
        with pytest.raises(errors.AimlapiError) as caught:
            call(World([Fault(kind, "detail")]), max_retries=0)
        assert type(caught.value) is cls
        assert caught.value.advice


def test_a_fault_that_quotes_the_key_is_masked() -> None:
    world = World([Fault("broken", "illegal header value hush-hush-key")])
    with pytest.raises(errors.APIConnectionError) as caught:
        call(world, max_retries=0, secret="hush-hush-key")
    assert "hush" not in str(caught.value)


def test_a_stale_connection_is_replaced_at_once_and_not_counted() -> None:
    world = World([Fault("broken", "gone", stale=True), OK])
    assert call(world, max_retries=0) == b"fine"
    assert world.kinds() == ["Send", "Send"]


def test_a_second_stale_connection_counts() -> None:
    stale = [Fault("broken", "gone", stale=True) for _ in range(3)]
    world = World([*stale, OK])
    assert call(world, max_retries=2) == b"fine"
    assert world.kinds() == ["Send", "Send", "Retry", "Send", "Retry", "Send"]
    again = World([Fault("broken", "gone", stale=True) for _ in range(2)])
    with pytest.raises(errors.APIConnectionError):
        call(again, max_retries=0)


def test_no_retry_begins_after_the_deadline() -> None:
    world = World([9.0, failed(503, retry_after="2")])
    with pytest.raises(errors.APIError):
        call(world, deadline=10.0)
    assert world.kinds() == ["Send"]


def test_the_deadline_goes_to_the_driver_as_a_moment() -> None:
    world = World([failed(500), OK])
    call(world, deadline=60.0)
    assert [c.until for c in world.did if isinstance(c, Send)] == [1060.0, 1060.0]


def test_what_the_parser_finds_wrong_is_final() -> None:
    def parse(response: Response) -> None:
        raise errors.InvalidResponseError("HTML")

    world = World([OK])
    with pytest.raises(errors.InvalidResponseError):
        world.run(flow.call(REQUEST, parse, world.policy()))
    assert world.requests() == 1


def test_a_compressed_answer_is_decoded_and_bounded() -> None:
    packed = Response(200, {"content-encoding": "gzip"}, gzip.compress(b"x" * 5000))
    assert call(World([packed])) == b"x" * 5000
    with pytest.raises(errors.InvalidResponseError, match="longer than"):
        call(World([packed]), max_response_bytes=4999)


def test_a_corrupt_compression_is_typed_and_not_asked_again() -> None:
    headers = {"content-encoding": "gzip", "x-inference-id": "inf-7"}
    world = World([Response(200, headers, b"no gzip")])
    with pytest.raises(errors.InvalidResponseError) as caught:
        call(world)
    assert caught.value.inference_id == "inf-7"
    assert world.requests() == 1


def test_the_status_of_an_error_stands_although_its_body_is_corrupt() -> None:
    world = World([Response(401, {"content-encoding": "gzip"}, b"no gzip")])
    with pytest.raises(errors.AuthenticationError):
        call(world)


def test_a_compressed_error_is_read() -> None:
    body = gzip.compress(failed(400, "Body validation error").body)
    world = World([Response(400, {"content-encoding": "gzip"}, body)])
    with pytest.raises(errors.InvalidRequestError, match="Body validation error"):
        call(world)


# --- streams -----


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c1", "choices": [choice], **more}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
HEAD = Response(200, {"x-inference-id": "inf-9"}, b"")


def stream(world: World, **options: Any) -> str:
    def make(head: Response) -> AnswerReader:
        return AnswerReader(head.headers, model="vendor/model")

    world.run(flow.stream(REQUEST, make, world.policy(**options)))
    return text(world.items)


def text(items: Iterable[Any]) -> str:
    return "".join(item.text for item in items if isinstance(item, Delta))


def stream_error(world: World, **options: Any) -> errors.AimlapiError:
    with pytest.raises(errors.AimlapiError) as caught:
        stream(world, **options)
    return caught.value


def test_a_stream_is_read_to_its_end_and_drained() -> None:
    world = World([HEAD, chunk("a"), chunk("b") + chunk("c"), chunk(None, "stop") + DONE])
    assert stream(world) == "abc"
    assert world.kinds() == ["Open", "Read", "Read", "Read", "Drain"]
    assert isinstance(world.items[-1], StreamEnd)


def test_done_ends_a_stream_without_reading_on() -> None:
    world = World([HEAD, chunk("a") + DONE])
    assert stream(world) == "a"
    assert world.kinds() == ["Open", "Read", "Drain"]


def test_a_finish_reason_is_an_end_without_done() -> None:
    world = World([HEAD, chunk("a"), chunk(None, "stop"), b""])
    assert stream(world) == "a"
    assert world.kinds()[-1] == "Drain"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_opening_a_stream_is_retried(status: int) -> None:
    refused = Response(status, {"retry-after": "3"}, b"")
    world = World([refused, b'{"message": "busy"', b"}", b"", HEAD, chunk("a", "stop") + DONE])
    assert stream(world) == "a"
    assert world.kinds() == [
        *("Open", "Read", "Read", "Read", "Close", "Retry"),
        *("Open", "Read", "Drain"),
    ]
    assert world.sleeps() == [3.0]


def test_the_body_of_a_refused_stream_is_explained() -> None:
    body = failed(403, "You've run out of credits. Please top up").body
    error = stream_error(World([Response(403, {}, b""), body[:9], body[9:], b""]))
    assert isinstance(error, errors.OutOfCreditError)
    assert error.request_id == "r-1"


def test_the_body_of_a_refused_stream_is_bounded() -> None:
    world = World([Response(400, {}, b""), *[b"x" * 400] * 10])
    error = stream_error(world, max_error_bytes=1000)
    assert error.status_code == 400
    assert world.kinds().count("Read") == 3
    assert world.kinds()[-1] == "Close"


def test_the_status_of_a_refused_stream_stands_although_its_body_breaks_off() -> None:
    error = stream_error(World([Response(401, {}, b""), b'{"mess', Fault("broken", "reset")]))
    assert isinstance(error, errors.AuthenticationError)


def test_a_connection_that_breaks_before_the_first_item_is_tried_again() -> None:
    world = World([HEAD, b": hi\n\n", Fault("broken", "reset"), HEAD, chunk("a", "stop") + DONE])
    assert stream(world) == "a"
    assert world.kinds() == ["Open", "Read", "Read", "Close", "Retry", "Open", "Read", "Drain"]


def test_nothing_is_sent_again_after_the_first_item() -> None:
    world = World([HEAD, chunk("a"), Fault("broken", "reset")])
    error = stream_error(world)
    assert isinstance(error, errors.StreamInterrupted)
    assert error.partial.choices[0].text == "a"
    assert error.inference_id == "inf-9"
    assert error.model == "vendor/model"
    assert text(world.items) == "a"
    assert world.kinds() == ["Open", "Read", "Read", "Close"]


@pytest.mark.parametrize(
    "tail",
    [
        [b""],
        [b'data: {"choices": [{"del', b""],
        [b'data: {"choices": [{"del', Fault("broken", "reset")],
        [b"data: {]\n\n"],
        [b"data: {]\n\n" + chunk("late", "stop")],
        [b'data: {"error": {"message": "boom", "code": 500}}\n\n'],
        [b'data: {"requestId": "r", "statusCode": 503, "message": "boom"}\n\n'],
        [b"event: error\ndata: boom\n\n"],
        [b"event: error\ndata: boom", b""],
        [b"event: error\ndata: boom", Fault("broken", "reset")],
    ],
)
def test_a_stream_that_ends_badly_is_an_error_with_what_was_delivered(tail: list[Any]) -> None:
    world = World([HEAD, chunk("so far"), *tail])
    error = stream_error(world)
    assert error.partial.choices[0].text == "so far"
    assert text(world.items) == "so far"
    assert world.requests() == 1
    assert world.kinds()[-1] == "Close"


@pytest.mark.parametrize(
    "tail",
    [
        [b""],
        [Fault("broken", "reset")],
        [Fault("timeout", "silence")],
        [b'data: {"usage": {"prompt_tok', b""],
        [b'data: {"usage": {"prompt_tok', Fault("broken", "reset")],
        [b": bye\n", 500.0, b": bye\n"],
    ],
)
def test_after_the_finish_reason_a_lost_tail_loses_nothing(tail: list[Any]) -> None:
    world = World([HEAD, chunk("all"), chunk(None, "stop"), *tail])
    assert stream(world) == "all"
    final = world.items[-1]
    assert isinstance(final, StreamEnd)
    assert final.reply.choices[0].finish_reason == "stop"
    assert world.requests() == 1


def test_an_error_that_the_end_cut_off_is_never_asked_again_after_an_item() -> None:
    told = b'event: error\ndata: {"error": {"message": "busy", "code": 503}}'
    world = World([HEAD, chunk("all", "stop"), told, Fault("broken", "reset")])
    error = stream_error(world)
    assert error.status_code == 503
    assert error.partial.choices[0].text == "all"
    assert world.kinds() == ["Open", "Read", "Read", "Read", "Close"]


@pytest.mark.parametrize("body", [[b""], [b": hi\n\n", b""], [DONE]])
def test_an_orderly_end_without_an_answer_is_not_asked_again(body: list[Any]) -> None:
    world = World([HEAD, *body])
    error = stream_error(world)
    assert isinstance(error, errors.StreamInterrupted)
    assert error.partial is None
    assert world.requests() == 1


def test_an_error_told_before_the_first_item_is_tried_again_if_it_can_pass() -> None:
    busy = b'data: {"error": {"message": "overloaded", "code": 529}}\n\n'
    world = World([HEAD, busy, HEAD, chunk("a", "stop") + DONE])
    assert stream(world) == "a"
    refused = b'data: {"error": {"message": "bad key", "code": 401}}\n\n'
    again = World([HEAD, refused])
    assert isinstance(stream_error(again), errors.AuthenticationError)
    assert again.requests() == 1


def test_silence_is_a_timeout_that_is_not_asked_again() -> None:
    world = World([HEAD, Fault("timeout", "ReadTimeout")])
    error = stream_error(world)
    assert isinstance(error, errors.StreamTimeoutError)
    assert world.requests() == 1


def test_keep_alives_are_no_progress() -> None:
    world = World([HEAD, chunk("a"), *[1.0, b": still here\n\n"] * 10])
    error = stream_error(world, idle=3.0)
    assert isinstance(error, errors.StreamTimeoutError)
    assert error.partial.choices[0].text == "a"
    assert world.now - 1000 == 3.0


def test_some_keep_alives_and_then_an_answer_is_a_success() -> None:
    world = World([HEAD, *[1.0, b": wait\n\n"] * 2, chunk("a", "stop"), b""])
    assert stream(world, idle=3.0) == "a"


@pytest.mark.parametrize("deadline", [None, 3600.0])
def test_a_long_stream_that_goes_on_is_not_silent(deadline: float | None) -> None:
    world = World([HEAD, *[2.0, chunk("a")] * 50, chunk(None, "stop"), b""])
    assert stream(world, idle=3.0, deadline=deadline) == "a" * 50
    assert world.now - 1000 == 100


@pytest.mark.parametrize("idle", [None, 3.0])
def test_the_deadline_ends_a_stream_that_goes_on(idle: float | None) -> None:
    world = World([HEAD, *[2.0, chunk("a")] * 50])
    error = stream_error(world, idle=idle, deadline=11.0)
    assert isinstance(error, errors.StreamTimeoutError)
    assert "deadline" in str(error)
    assert world.now - 1000 == 12.0
    assert error.partial.choices[0].text == "a" * 6


def test_the_idle_time_counts_from_the_last_event_also_with_a_deadline() -> None:
    world = World([HEAD, *[2.0, chunk("a")] * 5, *[1.0, b": still here\n\n"] * 10])
    error = stream_error(world, idle=3.0, deadline=1000.0)
    assert isinstance(error, errors.StreamTimeoutError)
    assert world.now - 1000 == 13.0


def test_a_plain_json_answer_that_grows_is_progress() -> None:
    body = json.dumps({"choices": [{"message": {"content": "a" * 200}}]}).encode()
    pieces = [body[i : i + 10] for i in range(0, len(body), 10)]
    steps: list[Any] = [step for piece in pieces for step in (2.0, piece)]
    world = World([HEAD, *steps, b""])
    assert stream(world, idle=3.0) == "a" * 200


def test_a_compressed_stream_is_decoded_as_it_comes() -> None:
    head = Response(200, {"content-encoding": "gzip"}, b"")
    packed = gzip.compress(chunk("a") + chunk("b", "stop") + DONE)
    world = World([head, *(packed[i : i + 7] for i in range(0, len(packed), 7)), b""])
    assert stream(world) == "ab"


def test_a_compressed_stream_that_lost_only_its_end_lost_nothing() -> None:
    head = Response(200, {"content-encoding": "gzip"}, b"")
    packed = gzip.compress(chunk("a") + chunk("b", "stop"))
    world = World([head, packed[:-4], b""])
    assert stream(world) == "ab"


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_compression_that_cannot_be_undone_is_typed(encoding: str) -> None:
    world = World([Response(200, {"content-encoding": encoding}, b""), b"data: no gzip\n\n", b""])
    error = stream_error(world)
    assert isinstance(error, errors.InvalidResponseError)
    assert world.requests() == 1
    assert world.kinds()[-1] == "Close"


def test_an_event_beyond_the_limit_is_typed_and_not_asked_again() -> None:
    def make(head: Response) -> AnswerReader:
        return AnswerReader(head.headers, max_event_bytes=100)

    world = World([HEAD, chunk("a"), *[b"data: " + b"x" * 60] * 4])
    with pytest.raises(errors.InvalidResponseError) as caught:
        world.run(flow.stream(REQUEST, make, world.policy()))
    assert caught.value.partial.choices[0].text == "a"
    assert world.requests() == 1


def test_a_stale_connection_is_replaced_before_a_stream_too() -> None:
    world = World([Fault("broken", "gone", stale=True), HEAD, chunk("a", "stop") + DONE])
    assert stream(world, max_retries=0) == "a"
    assert world.kinds() == ["Open", "Open", "Read", "Drain"]


def test_closing_a_flow_midway_asks_for_nothing_more() -> None:
    make: Callable[[Response], AnswerReader] = lambda head: AnswerReader(head.headers)  # noqa: E731
    steps = flow.stream(REQUEST, make, World([]).policy())
    assert isinstance(next(steps), Open)
    assert isinstance(steps.send(HEAD), Read)
    items = steps.send(chunk("a"))
    assert isinstance(items, list)
    assert [d.text for d in items] == ["a"]
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


def test_commands_say_how_the_connection_is_left() -> None:
    kept = World([HEAD, chunk("a", "stop") + DONE])
    stream(kept)
    assert kept.did[-1] == Drain()
    lost = World([HEAD, chunk("a"), b""])
    stream_error(lost)
    assert lost.did[-1] == Close()


def test_no_error_of_a_flow_shows_the_prompt() -> None:
    for script in ([failed(400)], [Fault("url", "bad")], [HEAD, chunk("a"), b""]):
        world = World(list(script))
        with pytest.raises(errors.AimlapiError) as caught:
            stream(world) if script[0] is HEAD else call(world)
        assert "secret plan" not in repr(caught.value) + str(caught.value)
        assert "secret plan" not in repr(vars(caught.value))


# --- a request that is refused for its form -----


OTHER = Request("POST", REQUEST.url, {}, b"{}")


@pytest.mark.parametrize("how", ["call", "stream", "error inside a stream"])
def test_a_refused_request_is_mended_once(how: str) -> None:
    seen: list[str] = []

    def mend(error: errors.InvalidRequestError) -> Request:
        seen.append(error.message)
        return OTHER

    make: Callable[[Response], AnswerReader] = lambda head: AnswerReader(head.headers)  # noqa: E731
    refusal = failed(400, "no such parameter")
    if how == "call":
        world = World([refusal, OK])
        world.run(flow.call(REQUEST, lambda r: r.body, world.policy(), mend=mend))
    elif how == "stream":
        head = Response(400, {}, b"")
        world = World([head, refusal.body, b"", HEAD, chunk("a", "stop") + DONE])
        world.run(flow.stream(REQUEST, make, world.policy(), mend=mend))
    else:
        frame = b'data: {"error": {"message": "no such parameter", "code": 400}}\n\n'
        world = World([HEAD, frame, HEAD, chunk("a", "stop") + DONE])
        world.run(flow.stream(REQUEST, make, world.policy(), mend=mend))
    assert seen == ["no such parameter"]
    sent = [command.request for command in world.did if isinstance(command, Send | Open)]
    assert sent == [REQUEST, OTHER]
    assert world.sleeps() == []


def test_a_second_refusal_is_raised_in_its_own_words() -> None:
    world = World([failed(400, "first"), failed(400, "second")])
    steps = flow.call(REQUEST, lambda r: r.body, world.policy(), mend=lambda error: OTHER)
    with pytest.raises(errors.InvalidRequestError, match="second"):
        world.run(steps)
    assert world.requests() == 2


@pytest.mark.parametrize("status", [401, 404, 500])
def test_only_a_refusal_of_the_form_is_mended(status: int) -> None:
    world = World([failed(status)])
    steps = flow.call(
        REQUEST, lambda r: r.body, world.policy(max_retries=0), mend=lambda error: OTHER
    )
    with pytest.raises(errors.AimlapiError):
        world.run(steps)
    assert world.requests() == 1


def test_what_nobody_can_mend_is_raised() -> None:
    world = World([failed(400)])
    steps = flow.call(REQUEST, lambda r: r.body, world.policy(), mend=lambda error: None)
    with pytest.raises(errors.InvalidRequestError):
        world.run(steps)
    assert world.requests() == 1
