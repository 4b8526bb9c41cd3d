"""How often Python looks for objects that hold one another."""

from __future__ import annotations

import gc

SELDOM = (20_000, 20, 20)  # Python's own, 700, 10 and 10, are a tenth of the time of a page or a message


def collect_garbage_seldom() -> None:
    """From now on, in this process; what is there already is taken to stay, and never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)
