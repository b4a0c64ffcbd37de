"""``/v1/chat/completions``, OpenAI's shape."""
