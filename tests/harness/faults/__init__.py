"""The fault suite: scripted misbehaviour of a server, and what a call must make of it.

`raw_server` plays bytes, `scenarios` lists what it plays and what must come of it, `runner` plays
one scenario against a chat model, `test_faults` asserts the result and ``python -m
tests.harness.faults`` prints it as a table.
"""
