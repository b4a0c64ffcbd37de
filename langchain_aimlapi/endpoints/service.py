"""What is around the models, in one place: ``client.service``."""

from __future__ import annotations

from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncStreamCall,
    Calls,
    SyncCall,
    SyncStreamCall,
)
from langchain_aimlapi.endpoints.billing import plan_balance, plan_billing, plan_transactions
from langchain_aimlapi.endpoints.keys import (
    plan_change_key,
    plan_create_key,
    plan_delete_key,
    plan_keys,
    plan_own_key,
)
from langchain_aimlapi.endpoints.listing import plan_deprecations, plan_listed, plan_model
from langchain_aimlapi.endpoints.metrics import plan_metrics
from langchain_aimlapi.endpoints.usage import (
    plan_find_call,
    plan_logs,
    plan_usage,
    plan_usage_detail,
)


class ServiceCalls(Calls):
    """``client.service``: models, prices, balance, usage, logs and keys.

    Lists that come in pages (`logs`, `transactions`) are iterators that ask for a page when it is
    wanted. `keys`, `create_key`, `change_key`, `delete_key`, and whatever is wanted of the
    ``whole_account``, need the client's ``management_key``.
    """

    __slots__ = ()
    models = SyncCall(plan_listed)
    amodels = AsyncCall(plan_listed)
    model = SyncCall(plan_model)
    amodel = AsyncCall(plan_model)
    deprecations = SyncCall(plan_deprecations)
    adeprecations = AsyncCall(plan_deprecations)
    metrics = SyncCall(plan_metrics)
    ametrics = AsyncCall(plan_metrics)
    balance = SyncCall(plan_balance)
    abalance = AsyncCall(plan_balance)
    billing = SyncCall(plan_billing)
    abilling = AsyncCall(plan_billing)
    transactions = SyncStreamCall(plan_transactions)
    atransactions = AsyncStreamCall(plan_transactions)
    usage = SyncCall(plan_usage)
    ausage = AsyncCall(plan_usage)
    usage_detail = SyncCall(plan_usage_detail)
    ausage_detail = AsyncCall(plan_usage_detail)
    logs = SyncStreamCall(plan_logs)
    alogs = AsyncStreamCall(plan_logs)
    find_call = SyncCall(plan_find_call)
    afind_call = AsyncCall(plan_find_call)
    key = SyncCall(plan_own_key)
    akey = AsyncCall(plan_own_key)
    keys = SyncCall(plan_keys)
    akeys = AsyncCall(plan_keys)
    create_key = SyncCall(plan_create_key)
    acreate_key = AsyncCall(plan_create_key)
    change_key = SyncCall(plan_change_key)
    achange_key = AsyncCall(plan_change_key)
    delete_key = SyncCall(plan_delete_key)
    adelete_key = AsyncCall(plan_delete_key)
