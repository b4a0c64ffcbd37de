"""Other people's frameworks on top of this package, each in its own environment.

``python -m tests.harness.frameworks`` (``make frameworks``) makes one virtual environment a
framework, runs one small program in it against the served emulator, and writes
``docs/frameworks.md``. It downloads a lot and is not a part of the tests.
"""
