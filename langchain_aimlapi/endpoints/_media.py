"""What media results have in common: a link or bytes, saving them, showing them in notebooks."""

from __future__ import annotations

import base64
import html
import os
import sys
import tempfile
import webbrowser
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from langchain_aimlapi._wire.fetch import FILE_LIMITS, FetchLimits
from langchain_aimlapi.endpoints._results import Result
from langchain_aimlapi.errors import InvalidRequestError, InvalidResponseError

Target = str | os.PathLike[str]


class Origin:
    """The client that a value came from, so that links to its own address can be followed. It is
    not pickled with the value."""

    __slots__ = ("runner",)

    def __init__(self, runner: Any = None) -> None:
        self.runner = runner

    def __reduce__(self) -> tuple[object, ...]:
        return (Origin, ())

    def __deepcopy__(self, memo: object) -> Origin:
        return self


@dataclass(frozen=True, slots=True)
class Media(Result):
    """A generated file: behind a link, which expires, or as bytes.

    Attributes:
        url: Where it is; None where the API sent the content itself.
        data: The content, where the API sent it.
        content_type: Its media type, where it is known (``"video/mp4"``).
        size_bytes: Its length, where the API tells.
    """

    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    content_type: str | None = None
    size_bytes: int | None = None
    mount: ClassVar[str | None] = None
    """Where its jobs hang on the client."""
    origin: Origin = field(default_factory=Origin, kw_only=True, repr=False, compare=False)

    def bound(self, runner: Any) -> Self:
        """The same value, knowing the client that it came from."""
        return replace(self, origin=Origin(runner))

    def save(self, target: Target, *, limits: FetchLimits | None = None) -> Path:
        """Write it to a file, piece by piece; a link is downloaded.

        Args:
            target: The file, which is replaced where it exists; or a directory, in which the file
                is named after its content.
            limits: Size in bytes and time in seconds; by default 4 GiB and an hour.

        Returns:
            The path of the file.

        Raises:
            AimlapiError: it cannot be downloaded; links expire, and the error says so.
            OSError: it cannot be written. Nothing is left behind.
        """
        from langchain_aimlapi._transport import download

        if self.data is not None:
            return download.write(self.data, self.content_type or "", target)
        return download.download_to(
            self._link(), target, limits or FILE_LIMITS, self._home(), self._cure()
        )

    def asave(
        self, target: Target, *, limits: FetchLimits | None = None
    ) -> Coroutine[Any, Any, Path]:
        """Like `save`, on the running event loop."""
        from langchain_aimlapi._transport import download

        if self.data is not None:
            return download.awrite(self.data, self.content_type or "", target)
        return download.adownload_to(
            self._link(), target, limits or FILE_LIMITS, self._home(), self._cure()
        )

    def read(self, *, limits: FetchLimits | None = None) -> bytes:
        """Its content, in memory; a link is downloaded.

        Args:
            limits: Size in bytes and time in seconds; by default 64 MiB and a minute.

        Raises:
            AimlapiError: it cannot be downloaded; links expire, and the error says so.
        """
        from langchain_aimlapi._transport import download

        if self.data is not None:
            return self.data
        limits = limits or FetchLimits()
        return download.download(self._link(), limits, self._home(), self._cure()).data

    def aread(self, *, limits: FetchLimits | None = None) -> Coroutine[Any, Any, bytes]:
        """Like `read`, on the running event loop."""
        from langchain_aimlapi._transport import download

        limits = limits or FetchLimits()
        return download.aread(self.data, self._link, limits, self._home(), self._cure())

    def _link(self) -> str:
        if self.url is None:
            raise InvalidResponseError(f"this {type(self).__name__} has neither a link nor content")
        return self.url

    def _cure(self) -> str:
        """What to do where the link has expired."""
        job = self.meta.id or self.meta.inference_id
        if self.mount is None or job is None:
            return "make it again"
        return f"client.{self.mount}.resume({job!r}).result() asks for it again, else make it again"

    def show(self) -> None:
        """Show it: in a notebook under the cell, elsewhere with the program that this machine
        opens such files with.

        Raises:
            InvalidRequestError: its link is no web address.
        """
        display = sys.modules.get("IPython.display")
        if display is not None and "ipykernel" in sys.modules:
            display.display(self)
            return
        if self.data is None:
            link = self._link()
            if not link.startswith(("https://", "http://")):
                raise InvalidRequestError("only web addresses are shown", field="url")
        else:
            link = self.save(tempfile.mkdtemp(prefix="aimlapi-")).as_uri()
        webbrowser.open(link)

    def _home(self) -> Any:
        home = getattr(self.origin.runner, "_home", None)
        return home() if callable(home) else None

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        """How a notebook shows it; nothing is downloaded by us."""
        kind = (self.content_type or "").partition("/")[0]
        if self.data is not None and self.content_type in _SHOWN_AS_DATA:
            return {str(self.content_type): base64.b64encode(self.data).decode()}
        source = self.url
        if self.data is not None:
            text = base64.b64encode(self.data).decode()
            source = f"data:{self.content_type or 'application/octet-stream'};base64,{text}"
        tag = _TAGS.get(kind)
        if source is None or tag is None or not source.startswith(("https:", "http:", "data:")):
            return {"text/plain": repr(self)}
        return {"text/html": tag.format(html.escape(source)), "text/plain": repr(self)}


# A front end draws these from their content; everything else gets a tag, in which nothing runs.
_SHOWN_AS_DATA = ("image/png", "image/jpeg", "image/gif")
_TAGS = {
    "image": '<img src="{}" style="max-width: 100%">',
    "video": '<video src="{}" controls style="max-width: 100%"></video>',
    "audio": '<audio src="{}" controls></audio>',
    "model": '<a href="{}">3D model</a>',
}
