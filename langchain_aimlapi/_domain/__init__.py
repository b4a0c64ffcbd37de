"""Neutral values of a conversation: what every dialect and every front speak of."""
