"""The parts of the LiteLLM provider. Only this room and `litellm_provider` import litellm."""

PROVIDER = "aimlapi"
