"""GET /files/*: the bytes behind the links in answers."""

from __future__ import annotations

import re

from langchain_aimlapi.emulator._core import Answer, Call, Refusal
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@route("GET", "/files/*", needs_key=False)
def download(call: Call, state: State) -> Answer:
    """A generated file, whole or a range of it. No key: result links are public."""
    found = state.files.find(call.path.removeprefix("/files/"))
    if found is None:
        raise Refusal(404, f"Cannot GET {call.path}")
    media_type, data = found
    headers = {"content-type": media_type, "accept-ranges": "bytes"}
    wanted = _RANGE.fullmatch(call.headers.get("range", ""))
    if wanted is None or not (wanted[1] or wanted[2]):
        return Answer(200, headers, (data,))
    size = len(data)
    start = int(wanted[1]) if wanted[1] else max(0, size - int(wanted[2]))
    end = min(size - 1, int(wanted[2]) if wanted[1] and wanted[2] else size - 1)
    if start > end:
        return Answer(416, {**headers, "content-range": f"bytes */{size}"}, ())
    headers["content-range"] = f"bytes {start}-{end}/{size}"
    return Answer(206, headers, (data[start : end + 1],))
