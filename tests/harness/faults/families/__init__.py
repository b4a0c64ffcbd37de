"""The scenarios, one family of faults a file."""

KEY = "sk-test-0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PROMPT = "prompt-7b21: what is the secret of my diary?"
