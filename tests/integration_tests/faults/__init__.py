"""What a call must make of a misbehaving server; the lab is `tests.harness.faults`."""
