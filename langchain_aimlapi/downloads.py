"""Downloading what an answer links to (images, sound, video), safely and only when asked.

URLs come from servers, so they are not trusted: only public https addresses are followed, each
host is resolved once and connected to at exactly that address, redirects are checked anew, the
API key never goes along, and size and time are bounded. A file is named after its content.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from langchain_aimlapi._wire.fetch import Fetched, FetchLimits, fetch

__all__ = ["FetchLimits", "Fetched", "adownload", "download", "save"]


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
    from langchain_aimlapi._transport import TransportOptions, drivers_for

    # proxies of the environment would undo the check of the address
    options = TransportOptions(trust_env=False)
    return drivers_for(options).sync.run(fetch(url, limits or FetchLimits()), None)


async def adownload(url: str, limits: FetchLimits | None = None) -> Fetched:
    """Like `download`, on the running event loop."""
    from langchain_aimlapi._transport import TransportOptions, drivers_for

    options = TransportOptions(trust_env=False)
    flow = fetch(url, limits or FetchLimits())
    return await drivers_for(options).asynchronous.run(flow, None)


def save(fetched: Fetched, directory: str | os.PathLike[str]) -> Path:
    """Write a download into ``directory``, which must exist.

    The name is the SHA-256 of the content with an extension from an allow list of content types;
    neither the URL nor a header has a say in it. An existing file is never followed or changed.

    Raises:
        NotADirectoryError: ``directory`` is none.
        OSError: it can not be written to.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no directory; make it first")
    target = folder / (hashlib.sha256(fetched.data).hexdigest() + fetched.extension)
    if target.is_symlink():
        raise FileExistsError(f"{target} is a symbolic link, which is not followed")
    handle, name = tempfile.mkstemp(dir=folder, prefix=".download-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(fetched.data)
        os.replace(name, target)
    except BaseException:
        _remove([Path(name)])
        raise
    return target


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
