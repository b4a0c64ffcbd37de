"""Advice in LiteLLM's words."""

from __future__ import annotations

# What `ChatAimlapi` calls it -> what LiteLLM calls it.
_WORDS = (
    (
        "raise max_retries, or use a rate_limiter",
        "raise num_retries, or give a Router more deployments",
    ),
    ("or lower max_tokens", "lower max_tokens, or set context_window_fallbacks"),
    ("raise stream_timeout or deadline", "raise timeout"),
    (" or deadline, or stream", ", or stream"),
    ("check base_url, verify and", "check api_base, litellm.ssl_verify and"),
    ("base_url", "api_base"),
    ("raise max_response_bytes if this is intended", "ask for a shorter answer"),
    ("what was delivered is in error.partial; ask", "ask"),
    ("what was delivered is in error.partial", "ask again for the whole answer"),
    ("as params={", "as extra_body={"),
    ("AimlapiClient().images", "litellm.image_generation"),
    ("AimlapiClient().video", "litellm.video_generation"),
    ("AimlapiClient().speech", "litellm.speech"),
    ("AimlapiClient().transcription", "litellm.transcription"),
    ("AimlapiClient().ocr", "litellm.ocr"),
    ("AimlapiEmbeddings", "litellm.embedding"),
    ("ChatAimlapi", "litellm.completion"),
)


def in_litellm_words(text: str) -> str:
    """Advice that names LiteLLM's arguments where it named those of `ChatAimlapi`."""
    for ours, theirs in _WORDS:
        text = text.replace(ours, theirs)
    return text
