"""How work grows with its size: a verdict that no slow machine changes."""

from __future__ import annotations

import time
from collections.abc import Callable

FACTOR = 8


def assert_linear(run: Callable[[int], object], size: int) -> None:
    """``run(8 * size)`` takes eight times the time of ``run(size)``, give or take a factor of four.

    What grows with the square takes 64 times. Processor time counts, the least of three tries;
    times below a millisecond say nothing and count as one.
    """
    small = max(1e-3, _least(run, size))
    large = _least(run, size * FACTOR)
    assert large <= small * FACTOR * 4, f"{large:.4f} s for {FACTOR} times what took {small:.4f} s"


def _least(run: Callable[[int], object], size: int) -> float:
    taken = []
    for _ in range(3):
        began = time.process_time()
        run(size)
        taken.append(time.process_time() - began)
    return min(taken)
