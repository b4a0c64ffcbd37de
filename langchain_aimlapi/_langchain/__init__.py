"""LangChain's messages, tools and chunks <-> the neutral vocabulary. Pure functions."""
