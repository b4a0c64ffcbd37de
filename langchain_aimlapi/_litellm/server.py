"""LiteLLM's server, as a process that does not outlive the command that started it.

Run as a program, with LiteLLM's arguments. Its standard input is a pipe from the command, on
which nothing ever comes: it ends with the command, also where that was killed.
"""

from __future__ import annotations

import os
import signal
import threading

STDIN = 0


def _end_with_the_command() -> None:
    os.read(STDIN, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve until stopped."""
    threading.Thread(target=_end_with_the_command, daemon=True).start()
    from litellm import run_server

    run_server()


if __name__ == "__main__":
    main()
