"""Keys with budgets for a fleet of LiteLLM proxies, in a file and Redis or in Postgres.

``AIMLAPI_TEAM`` names a JSON file, ``{"ada": {"key": "sk-...", "budget": 5.0, "per": "month"}}``,
that is read again when it changes; what each has spent stands in the Redis that the proxies share.
Or it is ``postgresql://user:password@host/database``: members (``aimlapi team``) and every call
with its charge stand there, in tables that are made when they are missing.
``aimlapi proxy`` sets this up where the variable is set. In a configuration of your own::

    general_settings:
      custom_auth: langchain_aimlapi.litellm_team.check
    litellm_settings:
      callbacks: [langchain_aimlapi.litellm_team.books]

A call is reserved at its estimate before it goes out, and booked at the API's charge before a
whole answer is returned and when a stream ends, wherever it ends. What a killed proxy leaves behind
counts as spent, at its estimate. While the server that has the books cannot be reached no member's
call goes out.
"""

from __future__ import annotations

from langchain_aimlapi._litellm.team import TeamBooks, books, check

__all__ = ["TeamBooks", "books", "check"]
