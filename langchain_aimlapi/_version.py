"""The version, on its own so that the build can read it without importing the package."""

__version__ = "1.0.0"
USER_AGENT = f"langchain-aimlapi/{__version__}"
