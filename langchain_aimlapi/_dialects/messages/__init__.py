"""``/v1/messages``, Anthropic's shape."""
