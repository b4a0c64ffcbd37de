"""The API besides chat: one URL family per file.

An endpoint is a function ``(Context, arguments) -> Plan``. A `Plan` is what has to be sent and how
the answers become one frozen value; it performs nothing. `Calls` makes methods of endpoints, in
sync and async, and a line of `AimlapiClient` mounts them::

    def plan_page(context: Context, *, model: str, document: str) -> Plan[Page]: ...

    class OcrCalls(Calls):
        read = SyncCall(plan_page)
        aread = AsyncCall(plan_page)

    class AimlapiClient(Connection):
        ocr = Mounted(OcrCalls)          # client.ocr.read(...), await client.ocr.aread(...)

What takes minutes is a `Job` (`_jobs.py`), what comes in pieces a `StreamPlan`. CONTRIBUTING.md
walks through a new endpoint.
"""

from __future__ import annotations

from langchain_aimlapi.endpoints._check import AsyncCheck, Check, SyncCheck, checked
from langchain_aimlapi.endpoints._handle import AsyncSubmit, Job, JobCalls, SyncSubmit
from langchain_aimlapi.endpoints._jobs import (
    JobKind,
    JobState,
    Progress,
    Status,
    order,
    plan_made,
)
from langchain_aimlapi.endpoints._plans import (
    MOUNTS,
    AsyncCall,
    AsyncStream,
    AsyncStreamCall,
    Calls,
    Context,
    ItemsPlan,
    Method,
    Mounted,
    Plan,
    PlanRunner,
    Step,
    Stream,
    StreamPlan,
    SyncCall,
    SyncStreamCall,
    mounted,
    once,
    only,
    patient,
    shape_at,
)
from langchain_aimlapi.endpoints._results import (
    Json,
    Result,
    join_meta,
    no_answer,
    raise_if_error,
    read_meta,
    read_object,
    unknown_shape,
)

__all__ = [
    "MOUNTS",
    "AsyncCall",
    "AsyncCheck",
    "AsyncStream",
    "AsyncStreamCall",
    "AsyncSubmit",
    "Calls",
    "Check",
    "Context",
    "ItemsPlan",
    "Job",
    "JobCalls",
    "JobKind",
    "JobState",
    "Json",
    "Method",
    "Mounted",
    "Plan",
    "PlanRunner",
    "Progress",
    "Result",
    "Status",
    "Step",
    "Stream",
    "StreamPlan",
    "SyncCall",
    "SyncCheck",
    "SyncStreamCall",
    "SyncSubmit",
    "checked",
    "join_meta",
    "mounted",
    "no_answer",
    "once",
    "only",
    "order",
    "patient",
    "plan_made",
    "raise_if_error",
    "read_meta",
    "read_object",
    "shape_at",
    "unknown_shape",
]
