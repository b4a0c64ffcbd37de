"""One program a framework. Above ``# --- checks`` stands what a user writes."""
