"""The wire without I/O: bytes to events, attempts to answers. Standard library only."""
