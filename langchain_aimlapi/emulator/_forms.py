"""Ids in every form that the API was seen to give, and which model's work carries which.

Seen in 170 recorded answers of video and music models: nano-ids, UUIDs, a UUID or digits with the
model behind a colon, bare digits, `cgt-` and a date, `video_` and hex.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from dataclasses import dataclass
from typing import Literal

IdForm = Literal["nano", "uuid", "uuid:model", "digits", "digits:model", "cgt", "video"]
AnswerForm = Literal["hex", "base62", "base36", "uuid", "time", "date", "millis"]
"""What follows the beginning of an answer's id: the ``time`` in seconds, a hyphen and letters; the
``date`` in Beijing and hex digits; the time in ``millis`` and hex digits."""
_BEIJING_SECONDS = 8 * 3600
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
# Byte -> letter, as `bytes.translate` takes it.
_NANO = bytes(_LETTERS[byte % 64] for byte in range(256))
_BASE62 = bytes(_LETTERS[byte % 62] for byte in range(256))
_BASE36 = bytes(_LETTERS[26 + byte % 36] for byte in range(256))


class Ids:
    """Ids that differ from each other and are the same in every run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def _digest(self) -> bytes:
        with self._lock:
            self._count += 1
            count = self._count
        return hashlib.sha256(f"emulator {count}".encode()).digest()

    def hex(self, size: int = 32) -> str:
        return self._digest().hex()[:size]

    def uuid(self) -> str:
        made = self.hex(32)
        return f"{made[:8]}-{made[8:12]}-{made[12:16]}-{made[16:20]}-{made[20:]}"

    def nano(self) -> str:
        """A nano-id: 21 characters, which may begin with a dash."""
        return self._digest()[:21].translate(_NANO).decode()

    def base62(self, size: int) -> str:
        return self._digest()[:size].translate(_BASE62).decode()

    def answer(self, form: AnswerForm, size: int, now: int) -> str:
        """The id of an answer that is given now; ``size`` counts the random letters."""
        if form == "uuid":
            return self.uuid()
        if form == "base36":
            return self._digest()[:size].translate(_BASE36).decode()
        if form in ("base62", "time"):
            return (f"{now}-" if form == "time" else "") + self.base62(size)
        made = self.hex(size)
        if form == "date":
            return time.strftime("%Y%m%d%H%M%S", time.gmtime(now + _BEIJING_SECONDS)) + made
        return (str(now * 1000 + int(made[:2], 16)) if form == "millis" else "") + made

    def digits(self, size: int = 15) -> str:
        return str(int.from_bytes(self._digest()[:16], "big") % 10**size).rjust(size, "2")

    def form(self, form: IdForm, model: str, date: str = "20260131120000") -> str:
        """An id of one of the recorded forms."""
        if form == "nano":
            return self.nano()
        if form == "cgt":
            return f"cgt-{date}-{self.hex(5)}"
        if form == "video":
            return f"video_{self.hex(48)}:{model}"
        head, _, tail = form.partition(":")
        made = self.uuid() if head == "uuid" else self.digits()
        return f"{made}:{model}" if tail else made


@dataclass(frozen=True, slots=True)
class JobForm:
    """How a model's work is answered.

    Attributes:
        id: The generation id's form.
        key: The name of the id in the answer to the submission.
        links: ``list`` for a list of links instead of one object.
        details: The file's type, name and size beside its link.
        ending: The word for "completed".
        meta: Whether the submission tells the cost.
    """

    id: IdForm = "nano"
    key: Literal["id", "generation_id"] = "id"
    links: Literal["object", "list"] = "object"
    details: bool = False
    ending: str | None = None
    meta: bool = True


# First match wins. Each line stands for recorded answers; the rest, and what is newer than
# January 2026, has nano-ids.
_VIDEO: tuple[tuple[str, JobForm], ...] = (
    (r"runway|gen[34]|act_two|act-two|aleph", JobForm("uuid", links="list", meta=False)),
    (r"sora-2", JobForm("video", meta=False)),
    (r"seedance-1-0-pro-fast", JobForm("cgt", ending="succeeded")),
    (r"seedance-1-0|seedance-1\.0", JobForm("cgt", meta=False)),
    (r"hailuo-2\.3", JobForm("digits:model", key="generation_id")),
    (r"hailuo|video-01", JobForm("digits", key="generation_id", meta=False)),
    (r"kling-video/v2\.1/standard", JobForm("digits", meta=False)),
    (r"kling-video/v1|kling-video/v2/", JobForm("uuid:model", details=True)),
    (r"kling-video|pixverse/v5/transition", JobForm("uuid:model", details=True, meta=False)),
    (r"^veo2|google/veo-?2", JobForm("uuid:model", details=True, meta=False)),
    (r"klingai/v|veo|vace|animate|luma|ltxv/ltxv-2", JobForm("uuid:model", meta=False)),
    (r"klingai/avatar|krea|veed|omnihuman", JobForm("uuid:model")),
    (r"pixverse|v5[.-]5", JobForm("nano", ending="succeeded")),
    (r"wan2\.[12]", JobForm("uuid", meta=False)),
)
_AUDIO: tuple[tuple[str, JobForm], ...] = (
    (r"eleven|music-1\.5|music-2\.0|lyria|stable-audio", JobForm("uuid:model", meta=False)),
    (r"music-2\.6|music-cover", JobForm("nano")),
)
_STT: tuple[tuple[str, JobForm], ...] = (
    (r"mai-|gpt-4o|whisper-1|glm", JobForm("nano", key="generation_id")),
    (r"", JobForm("uuid", key="generation_id")),
)
_TABLES = {"video": _VIDEO, "audio": _AUDIO, "stt": _STT}


def job_form(kind: Literal["video", "audio", "stt"], model: str) -> JobForm:
    """How a model's work of this kind is answered."""
    return next(
        (form for name, form in _TABLES[kind] if re.search(name, model)),
        JobForm(),
    )
