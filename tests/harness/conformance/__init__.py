"""Conformance: every documented chat model x every ordinary conversation, against its own schema.

Each conversation goes through the public door (`ChatAimlapi`, whole and streamed); the body that
leaves is held against the request schema that the API publishes for that id and path, and is
searched for what the user said. What a schema cannot express is found out from the schema alone,
by trying hand-written bodies (*witnesses*) on it; the package's own catalog is not asked.

    python -m tests.harness.conformance [--id PATTERN] [--feature PATTERN] [--list] [--every-path]

Reads the documentation data beside the repository (``../shared/api``).
"""
