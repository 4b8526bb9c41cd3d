"""Slow servers stop nobody else: while one message waits long for its server, a thread sends in the waiting one's place.

A worker sends one message at a time. When a conversation takes long, the rest of its batch is given back, and a
substitute does what the worker would do: pass after pass, until the conversation is over. A substitute that meets a slow
server gets a substitute too. Meanwhile no other message goes to the same domain, so there is one at a time for each.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from reminders.channel_queue import DeliveryCounts
from reminders.delivery_decisions import ReadyMessage

MAX_SLOW = 8  # as many domains at once that the server itself must be slow
PASS_SECONDS = 3.0

log = logging.getLogger(__name__)

# One pass over what is due by now, for a substitute.
Pass = Callable[[DeliveryCounts], None]


@dataclass
class SlowConversations:
    """Those of one worker, by the domain that each message goes to, and the substitutes at work."""

    stopping: threading.Event
    domains: set[str] = field(default_factory=set)
    substitutes: list[Substitute] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, message: ReadyMessage, work: Pass) -> Substitute | None:
        """A substitute, not started, that does `work` while `message` waits; None when too many wait already."""
        with self.lock:
            if len(self.domains) >= MAX_SLOW:
                log.warning("%s messages wait for slow servers, and no more are begun", len(self.domains))
                return None
            self.domains.add(domain_of(message.delivery.address))
            substitute = Substitute(work, self.stopping)
            self.substitutes.append(substitute)
        log.warning("Notification %s waits long for its server; others are sent meanwhile", message.claimed.id)
        return substitute

    def end(self, message: ReadyMessage, substitute: Substitute) -> None:
        """The wait of `message` is over, so `substitute` ends after its pass."""
        substitute.is_over.set()
        with self.lock:
            self.domains.discard(domain_of(message.delivery.address))

    def finish(self, counts: DeliveryCounts) -> None:
        """Wait for the substitutes, and add what they have done."""
        while self.substitutes:
            substitute = self.substitutes[0]
            substitute.join()
            with self.lock:
                if substitute in self.substitutes:
                    self.substitutes.remove(substitute)
                    counts.add(substitute.counts)


class Substitute(threading.Thread):
    """Makes passes until the conversation for which it stands in is over."""

    def __init__(self, work: Pass, stopping: threading.Event) -> None:
        super().__init__(name="sends while another message waits")
        self.work = work
        self.stopping = stopping
        self.is_over = threading.Event()
        self.counts = DeliveryCounts()

    def run(self) -> None:
        """Pass after pass. One that fails is logged, as in the scheduler, and the next one begins."""
        while not (self.is_over.is_set() or self.stopping.is_set()):
            try:
                self.work(self.counts)
            except Exception:
                log.exception("A pass beside a slow conversation failed")
            self.is_over.wait(PASS_SECONDS)


def domain_of(address: str) -> str:
    """The part of an email address that says whose server takes it; of any other address the whole."""
    return address.rpartition("@")[2].lower()
