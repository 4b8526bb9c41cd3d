"""How a batch goes to the back office, why it has not arrived, and when it is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

LEASE = timedelta(minutes=15)
"""As long one process has a batch to itself; whoever takes longer finds that another has taken it over."""
OVERDUE_AFTER = timedelta(minutes=15)
"""A batch that nobody has even tried is an alarm then: the scheduler is away."""
FETCHED_WITHIN = timedelta(days=1)
"""A program that was told, and has not fetched the batch by then, is told again, and it is an alarm."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)


class BatchWay(StrEnum):
    """How it goes."""

    FILE = "file"  # staff save it, and pass it on
    FOLDER = "folder"
    WEBHOOK = "webhook"  # another program is told, and fetches it


class BatchFailure(StrEnum):
    """Why it did not arrive at the last try."""

    NO_FOLDER = "no_folder"  # none is set, or the council has none in it
    FULL = "full"
    REFUSED = "refused"  # we may not write there
    UNREADABLE = "unreadable"  # a certified copy is there, and cannot be read
    EXISTS = "exists"  # something of this name is there already
    BROKEN = "broken"
    NO_ADDRESS = "no_address"  # no program has said where to tell it
    PRIVATE = "private"  # the address leads into this network
    NOT_FETCHED = "not_fetched"  # told, and not fetched in time
    NOT_TAKEN = "not_taken"  # it did not answer, or not that it has it
    IN_DOUBT = "in_doubt"  # it was whole, and has gone: whoever it is for has probably taken it


class DeliveryRefused(Exception):
    """The batch did not arrive; `failure` says why."""

    def __init__(self, failure: BatchFailure) -> None:
        super().__init__(failure.value)
        self.failure = failure


def wait_after(tries: int) -> timedelta:
    """How long after so many tries the next one waits: 1, 2, 4, ... minutes, an hour at most."""
    doublings = min(max(tries - 1, 0), 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
