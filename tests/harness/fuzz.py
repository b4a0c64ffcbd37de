"""``make fuzz``: coverage-guided fuzzing of the readers, bytes -> events -> message.

Whatever the bytes are and however they are cut: nothing but `AimlapiError` comes out, every text
can be encoded, the cut makes no difference, and what was delivered is in the error's partial
answer. Inputs that broke something are written to the folder given by ``--found``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

try:
    import atheris
except ImportError:
    sys.exit("atheris is not installed: pip install --group fuzz")

with atheris.instrument_imports(include=["langchain_aimlapi"]):
    from langchain_aimlapi._dialects.reader import AnswerReader, parse_answer
    from langchain_aimlapi._domain.values import Delta, StreamEnd
    from langchain_aimlapi._langchain.chunks import delta_to_chunk, final_to_chunk
    from langchain_aimlapi._wire.flow import Policy, decoded
    from langchain_aimlapi._wire.request import Response
    from langchain_aimlapi._wire.sse import EventTooLargeError
    from langchain_aimlapi.errors import AimlapiError

SEEDS = (
    b'data: {"id":"a","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n\n',
    b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f",'
    b'"arguments":"{\\"a\\":1}"}}]},"finish_reason":"tool_calls"}]}\r\n\r\n',
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{}}}\n\n'
    b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}\n\n',
    b'data: {"type":"response.output_text.delta","delta":"x","output_index":0}\n\n',
    b'{"choices":[{"message":{"content":"<think>a</think>b"},"finish_reason":"stop"}]}',
    b'{"requestId":"r","statusCode":500,"message":"no"}',
    b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n',
    b": keep-alive\n\n",
)


def read(data: bytes, size: int) -> tuple[str, Any]:
    """The text and the end of an answer that comes in pieces of ``size`` bytes."""
    reader = AnswerReader({}, max_event_bytes=65536, max_response_bytes=65536)
    told: list[str] = []
    try:
        for at in range(0, len(data), size):
            _take(reader.feed(data[at : at + size]), told)
            if reader.done or reader.error is not None:
                break
        if not reader.done and reader.error is None:
            _take(reader.close(), told)
    except (AimlapiError, EventTooLargeError) as error:
        return "".join(told), type(error).__name__
    if reader.error is not None:
        failed = reader.attach(reader.error)
        partial = failed.partial.choices[0].text if failed.partial is not None else ""
        if not partial.startswith("".join(told)) and not told_elsewhere(reader):
            raise AssertionError(f"delivered text is missing: {told!r} is not in {partial!r}")
        return "".join(told), type(failed).__name__
    return "".join(told), "done" if reader.done else "open"


def told_elsewhere(reader: AnswerReader) -> bool:
    """Whether an answer has choices besides the first: their text is not in the first one's."""
    return sorted(reader.assembly.choices) != [0]


def _take(items: list[Any], told: list[str]) -> None:
    for item in items:
        if isinstance(item, Delta):
            delta_to_chunk(item).message.text.encode()
            if item.choice == 0:
                told.append(item.text)
        elif isinstance(item, StreamEnd):
            final_to_chunk(item, model="m")


def one_input(data: bytes) -> None:
    """One input of the fuzzer."""
    if not data:
        return
    size, body = data[0] % 16 + 1, data[1:]
    whole = read(body, len(body) or 1)
    if read(body, size) != whole:
        raise AssertionError(f"cut at {size}: {read(body, size)!r}, whole: {whole!r}")
    try:
        parse_answer(decoded(Response(200, {}, body), Policy()))
    except AimlapiError as error:
        str(error).encode()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--found", default="build/fuzz")
    options = parser.parse_args()
    corpus = Path(options.found) / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS):
        (corpus / f"seed-{number}").write_bytes(b"\x03" + seed)
    flags = [
        f"-max_total_time={options.seconds}",
        f"-artifact_prefix={options.found}/",
        "-max_len=4096",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
