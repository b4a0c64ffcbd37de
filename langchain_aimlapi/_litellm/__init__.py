"""The parts of the LiteLLM provider. Only this room and `litellm_provider` import litellm."""

PROVIDER = "aimlapi"

# Kind of the catalog -> mode of LiteLLM. A model that is served only at /v1/responses is "chat"
# here: LiteLLM would send a "responses" model to its own bridge, past this provider.
MODES = {
    "chat": "chat",
    "responses": "chat",
    "messages": "chat",
    "embedding": "embedding",
    "image": "image_generation",
    "video": "video_generation",
    "tts": "audio_speech",
    "stt": "audio_transcription",
    "ocr": "ocr",
}
