"""Tests of langchain_aimlapi."""
