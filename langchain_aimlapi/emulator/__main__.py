"""``python -m langchain_aimlapi.emulator``: the emulator on loopback, for any client."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from langchain_aimlapi.emulator import Emulator


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m langchain_aimlapi.emulator", description=__doc__
    )
    parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1; 0 picks one")
    parser.add_argument("--key", default="emulator-key", help="the key that callers must send")
    parser.add_argument(
        "--for",
        dest="seconds",
        type=float,
        default=3600.0,
        help="stop by itself after this many seconds",
    )
    parser.add_argument("--pace", type=float, default=0.02, help="seconds between stream events")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; it needs no more than the extra ``emulator``."""
    options = _options(arguments)
    return serve(port=options.port, key=options.key, seconds=options.seconds, pace=options.pace)


def serve(*, port: int, key: str, seconds: float, pace: float) -> int:
    """Serve until the time is up or Ctrl-C is pressed. Returns the exit status."""
    emulator = Emulator(key=key, pace=pace)
    try:
        emulator.serve(port)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "there is no such port"
        sys.stderr.write(f"cannot listen on 127.0.0.1:{port}: {why}; --port 0 picks a free one\n")
        return 1
    with emulator as api:
        sys.stdout.write(f"AI/ML API emulator at {api.base_url} for {seconds:g} s\n")
        sys.stdout.flush()
        try:
            time.sleep(seconds)
        except KeyboardInterrupt:
            sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
