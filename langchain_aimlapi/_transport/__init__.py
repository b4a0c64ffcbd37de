"""The only client code that performs I/O: two drivers that carry out what a flow says.

Clients are built at the first call and shared by all models with the same transport options: one
set per process for sync, one per event loop for async. A fork starts with none, and a loop closes
its clients when it shuts down.
"""

from langchain_aimlapi._transport.asynchronous import AsyncDriver
from langchain_aimlapi._transport.common import KeyAuth
from langchain_aimlapi._transport.options import TransportOptions
from langchain_aimlapi._transport.sharing import Drivers, drivers_for
from langchain_aimlapi._transport.sync import SyncDriver

__all__ = ["AsyncDriver", "Drivers", "KeyAuth", "SyncDriver", "TransportOptions", "drivers_for"]
