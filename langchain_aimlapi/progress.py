"""A bar for what takes minutes, in terminals and notebooks: ``progress=ProgressBar()``."""

from __future__ import annotations

import sys
from typing import Any, TextIO

__all__ = ["ProgressBar"]

_WIDTH = 24
_ENDS = ("completed", "failed")


class ProgressBar:
    """Shows how a job comes on: ``client.video.generate(..., progress=ProgressBar("video"))``.

    In a terminal or a notebook it is one line that is written anew after each poll; elsewhere (a
    file, a pipe, a log) a line for each new state. Where the API tells no fraction, it shows the
    state and the time. Leave it as a context manager to end the line whatever happens::

        with ProgressBar("video") as bar:
            video = job.result(progress=bar)

    Args:
        label: What stands at its beginning.
        file: Where it is written. Default: standard error.
    """

    def __init__(self, label: str = "", *, file: TextIO | None = None) -> None:
        self.label = label
        self._file = file
        self._shown = ""
        self._status = ""

    def __call__(self, status: str, fraction: float | None, seconds: float) -> None:
        """What a call does after each poll."""
        out = self._file or sys.stderr
        line = " ".join(filter(None, [self.label, _bar(fraction), status, _clock(seconds)]))
        if _rewrites(out):
            out.write("\r" + line.ljust(len(self._shown)))
            self._shown = line
            if status in _ENDS:
                self.close()
        elif status != self._status:
            out.write(line + "\n")
        self._status = status
        out.flush()

    def close(self) -> None:
        """End the line; nothing happens where none is open."""
        if self._shown:
            (self._file or sys.stderr).write("\n")
            self._shown = ""

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _rewrites(out: Any) -> bool:
    """Whether a line can be written anew: in a terminal, and under the cells of a notebook."""
    return bool(out.isatty()) or type(out).__module__.startswith("ipykernel")


def _bar(fraction: float | None) -> str:
    if fraction is None:
        return ""
    done = round(min(max(fraction, 0.0), 1.0) * _WIDTH)
    return f"[{'#' * done}{'-' * (_WIDTH - done)}] {fraction:4.0%}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
