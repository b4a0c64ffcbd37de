"""``python -m langchain_aimlapi.cli``."""

from __future__ import annotations

from langchain_aimlapi.cli import main

if __name__ == "__main__":
    main()
