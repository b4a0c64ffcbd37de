"""LiteLLM's stream wrapper, without the work that it does for nothing.

For every chunk ``CustomStreamWrapper.chunk_creator`` builds a second chunk, for providers that
hand it raw events. A custom provider's chunk of plain text is then returned as it is and the other
one thrown away (1.100.0 to 1.110.2), which is half of what a token costs.
"""

from __future__ import annotations

from typing import Any

from litellm.litellm_core_utils.streaming_handler import CustomStreamWrapper

from langchain_aimlapi._litellm.chunks import ChunkWriter


class AimlapiStreamWrapper(CustomStreamWrapper):
    """Hands plain text chunks through; everything else takes LiteLLM's way.

    Args:
        writer: Says which chunk is plain text; None: none is.
    """

    def __init__(self, *, writer: ChunkWriter | None, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._writer = writer

    def chunk_creator(self, chunk: object) -> object:
        """The chunk as the caller gets it."""
        if self._writer is not None and chunk is self._writer.plain:
            return chunk
        return super().chunk_creator(chunk)
