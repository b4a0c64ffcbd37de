"""Downloading what an answer links to (images, sound, video), safely and only on request.

URLs come from servers, so they are not trusted: only public https addresses are followed, each
host is resolved once and connected to at exactly that address, redirects are checked anew, the
API key never goes along, and size and time are bounded. A file is named after its content.
"""

from __future__ import annotations

import os
from pathlib import Path

from langchain_aimlapi._wire.fetch import FILE_LIMITS, Fetched, FetchLimits

__all__ = ["FetchLimits", "Fetched", "adownload", "adownload_to", "download", "download_to", "save"]


def download(url: str, limits: FetchLimits | None = None) -> Fetched:
    """The body behind ``url``.

    Args:
        url: An https address.
        limits: Size in bytes, time in seconds, and which addresses may be followed.

    Returns:
        The body, its content type and the address that it came from at last.

    Raises:
        InvalidRequestError: the address is not one that may be followed.
        APIConnectionError, APITimeoutError, InvalidResponseError: it could not be downloaded.
    """
    from langchain_aimlapi._transport import download as transport

    return transport.download(url, limits or FetchLimits())


async def adownload(url: str, limits: FetchLimits | None = None) -> Fetched:
    """Like `download`, on the running event loop."""
    from langchain_aimlapi._transport import download as transport

    return await transport.adownload(url, limits or FetchLimits())


def download_to(
    url: str, target: str | os.PathLike[str], limits: FetchLimits | None = None
) -> Path:
    """Write the body behind ``url`` to a file, piece by piece: it is never whole in memory.

    Args:
        url: An https address.
        target: The file, which is replaced where it exists; or a directory, in which the file is
            named after its content.
        limits: As for `download`; by default 4 GiB and an hour.

    Returns:
        The path of the file.

    Raises:
        FileNotFoundError: there is no such directory.
        OSError: it cannot be written. What was written so far is removed.
        AimlapiError: as for `download`.
    """
    from langchain_aimlapi._transport import download as transport

    return transport.download_to(url, target, limits or FILE_LIMITS)


async def adownload_to(
    url: str, target: str | os.PathLike[str], limits: FetchLimits | None = None
) -> Path:
    """Like `download_to`, on the running event loop."""
    from langchain_aimlapi._transport import download as transport

    return await transport.adownload_to(url, target, limits or FILE_LIMITS)


def save(fetched: Fetched, directory: str | os.PathLike[str]) -> Path:
    """Write a download into ``directory``, which must exist.

    The name is the SHA-256 of the content with an extension from an allow list of content types;
    neither the URL nor a header has a say in it. An existing file is never followed or changed.

    Raises:
        NotADirectoryError: ``directory`` is none.
        OSError: it cannot be written to.
    """
    from langchain_aimlapi._transport import download as transport

    if not Path(directory).is_dir():
        raise NotADirectoryError(f"{directory} is not a directory; create it first")
    return transport.write(fetched.data, fetched.content_type, directory)
