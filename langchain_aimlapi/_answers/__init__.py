"""Bytes of an answer -> neutral values, however the bytes are cut."""
