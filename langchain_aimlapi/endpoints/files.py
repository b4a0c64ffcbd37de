"""Files for assistants."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.multipart import FilePart, Form
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncStreamCall,
    Calls,
    Context,
    Json,
    Plan,
    Result,
    SyncCall,
    SyncStreamCall,
    once,
    only,
)
from langchain_aimlapi.endpoints._pages import PagesPlan
from langchain_aimlapi.endpoints._thread_values import at, listed, read_deleted, reader
from langchain_aimlapi.endpoints._values import text_or_none, whole
from langchain_aimlapi.errors import InvalidRequestError

PATH = "/v1/files"
ONE = "/v1/files/{}"
CONTENT = "/v1/files/{}/content"
_NAME = re.compile(r'[^\x00-\x1f\x7f"\\/\r\n]{1,255}')


@dataclass(frozen=True, slots=True)
class FileInfo(Result):
    """A file that the API keeps.

    Attributes:
        id: ``file-...``.
        filename: As it was sent.
        size_bytes: Its length.
        purpose: Such as ``"assistants"``.
    """

    id: str = ""
    filename: str = ""
    size_bytes: int = 0
    purpose: str | None = None
    created_at: int = 0


def _file_of(row: Json) -> FileInfo:
    return FileInfo(
        id=str(row.get("id") or ""),
        filename=str(row.get("filename") or ""),
        size_bytes=whole(row.get("bytes")),
        purpose=text_or_none(row.get("purpose")),
        created_at=whole(row.get("created_at")),
        raw=row,
    )


_read = reader(_file_of, "a file")


def plan_upload(
    context: Context,
    *,
    file: bytes | Path | IO[bytes],
    filename: str | None = None,
    purpose: str = "assistants",
) -> Plan[FileInfo]:
    """Send a file.

    Args:
        file: Its bytes, a `pathlib.Path`, or an open binary file. A plain string is no path.
        filename: Needed for bytes; default: the name of the file.
        purpose: What it is for.

    Wire: POST ``/v1/files``, a form with ``purpose`` and ``file``.
    Source: the files page of docs.aimlapi.com, read 2026-08-21.
    """
    if not isinstance(file, bytes | Path) and not hasattr(file, "read"):
        raise InvalidRequestError(
            f"file is bytes, a pathlib.Path or an open binary file, not {type(file).__name__}",
            field="file",
        )
    name = filename or Path(str(getattr(file, "name", ""))).name
    if not _NAME.fullmatch(name):
        raise InvalidRequestError(
            "the file needs a name" if not name else f"{name!r} is no file name", field="filename"
        )
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    form = Form({"purpose": purpose}, [FilePart.of("file", file, name, media_type)])
    request = context.form_request(PATH, form)
    return Plan([once(request, _read, repeatable=False)], only)


def plan_get(context: Context, id: str) -> Plan[FileInfo]:
    """What is known about a file.

    Wire: GET ``/v1/files/<id>``.
    Source: the files page of docs.aimlapi.com, read 2026-08-21.
    """
    return Plan([once(context.request("GET", at(ONE, id)), _read)], only)


def plan_content(context: Context, id: str) -> Plan[bytes]:
    """The bytes of a file.

    Wire: GET ``/v1/files/<id>/content``.
    Source: the files page of docs.aimlapi.com, read 2026-08-21.
    """
    headers: Mapping[str, str] = {"accept": "*/*"}
    request = context.request("GET", at(CONTENT, id), headers=headers)
    return Plan([once(request, _bytes)], only)


def _bytes(response: Response, policy: Policy) -> bytes:
    return bytes(response.body)


def plan_list(context: Context, *, purpose: str | None = None) -> PagesPlan[FileInfo]:
    """The files of the account.

    Args:
        purpose: Only those of this one.

    Wire: GET ``/v1/files?purpose=&limit=&after=``.
    Source: the files page of docs.aimlapi.com, read 2026-08-21.
    """
    query = [("purpose", purpose)] if purpose is not None else []
    return listed(context, PATH, _file_of, "files", query=query)


def plan_delete(context: Context, id: str) -> Plan[bool]:
    """Delete a file; whether it is gone.

    Wire: DELETE ``/v1/files/<id>`` -> ``{id, deleted}``.
    Source: the files page of docs.aimlapi.com, read 2026-08-21.
    """
    return Plan([once(context.request("DELETE", at(ONE, id)), read_deleted)], only)


class FileCalls(Calls):
    """``client.files``: files for assistants."""

    __slots__ = ()
    upload = SyncCall(plan_upload)
    aupload = AsyncCall(plan_upload)
    get = SyncCall(plan_get)
    aget = AsyncCall(plan_get)
    content = SyncCall(plan_content)
    acontent = AsyncCall(plan_content)
    list = SyncStreamCall(plan_list)
    alist = AsyncStreamCall(plan_list)
    delete = SyncCall(plan_delete)
    adelete = AsyncCall(plan_delete)
