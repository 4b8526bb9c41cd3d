"""What the provider tells the running web server of each message: also what is wrong, twice, or of no message of ours."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests

from tests.support.notify_server import NotifyServer, Sent

PATH = "/webhooks/notify/receipts"
MOST_TRIES = 5  # as the provider tries: docs.notifications.service.gov.uk, "Retrying callbacks", read 2026-11-26
EVERY = 5  # one message in so many is told of wrongly and twice
LOST = 7  # and of one in so many the provider tells nothing at all


@dataclass
class Postman:
    """Tells `url` of what the provider has taken, in a thread of its own, and counts the answers."""

    provider: NotifyServer
    url: str
    waiting: queue.Queue[Sent | None] = field(default_factory=queue.Queue)
    answers: Counter[int] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self.work, daemon=True)

    def finish(self) -> None:
        """Wait until all that was taken has been told."""
        self.waiting.put(None)
        self.thread.join()

    def work(self) -> None:
        """Tell of one message after the other until there are no more."""
        number, before = 0, ""
        while (sent := self.waiting.get()) is not None:
            number += 1
            on_its_way = sent.receipt() | {"status": "sending"}
            self.provider.settle("delivered", sent.reference)
            if number % LOST == 0:
                self.told["lost"] += 1
                continue
            if number % EVERY == 0:
                for wrong in _wrong(sent, before):
                    self._tell("wrong", wrong)
            self._tell("right", on_its_way)
            is_known = self._tell("right", sent.receipt())
            # A lie about what is not known yet could not be told from the truth.
            before = sent.reference if is_known else ""
            if number % EVERY == 0 and is_known:
                for again in (sent.receipt(), on_its_way, sent.receipt() | {"status": "permanent-failure"}):
                    self._tell("again", again)

    def _tell(self, what: str, receipt: Mapping[str, Any]) -> bool:
        """Whether it was taken, which it is not while the database is away for longer than the tries last."""
        self.told[what] += 1
        for _ in range(MOST_TRIES):
            try:
                status = self.provider.tell(self.url + PATH, receipt)
            except requests.RequestException:
                status = 0
            self.answers[status] += 1
            if status == HTTPStatus.NO_CONTENT:
                return True
            if self.provider.stopped.wait(0.2):
                break
        return False


def _wrong(sent: Sent, before: str) -> Iterator[dict[str, Any]]:
    """Receipts that say that the message `before`, whose id is another, or one that is not ours has failed for good."""
    failed = sent.receipt() | {"status": "permanent-failure"}
    if before:
        yield failed | {"reference": before}
    yield failed | {"reference": "notification-999999999-1"}
    yield failed | {"reference": "another service"}


@contextmanager
def telling(provider: NotifyServer, url: str) -> Iterator[Postman]:
    """Tell `url` of every message that the provider takes while the block lasts; at its end all are told of."""
    postman = Postman(provider, url)
    provider.on_taken = postman.waiting.put
    postman.thread.start()
    try:
        yield postman
    finally:
        postman.finish()
