"""An account at GOV.UK Notify: one key, whose requests are paced together, with a client for each thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from notifications_python_client.errors import APIError, HTTPError
from notifications_python_client.notifications import NotificationsAPIClient
from requests import Response

from core.errors import DeliveryFailed
from core.text import one_line
from reminders.channels.base import ChannelUnavailable, DeliveryDeferred, Waiting
from reminders.channels.bounded_http import BoundedAdapter, Exchange
from reminders.channels.notify_answers import Answer, failure_of, question_failed
from reminders.channels.notify_templates import FoundTemplate, NeededTemplate, find_templates
from reminders.channels.pace import KeyTurns, Pace
from reminders.reasons import PROVIDER_BUSY, TEMPLATE_UNUSABLE, with_detail

BASE_URL = "https://api.notifications.service.gov.uk"
PER_MINUTE = 3_000  # for each key: docs.notifications.service.gov.uk, "Rate limits", read 2026-11-26
MOST_RETRY_AFTER = 86_400
SHORTEST_PAUSE, LONGEST_TURN = 1.0, 5.0  # seconds: of a key that was refused, and in which a request waits for its turn
Request = Callable[[Any], Mapping[str, Any]]  # of a client, which has no types
_make_client: Any = NotificationsAPIClient

# Its lines have what the provider said, which may name a recipient; ours have the reason without that.
logging.getLogger("notifications_python_client").setLevel(logging.ERROR)


@dataclass(frozen=True)
class CallLimits:
    """How many seconds one request may take in all, and one batch until no more of it is begun.

    Both together are less than the lease of the rows in a batch, which nobody else may claim meanwhile.
    """

    call: float = 30
    batch: float = 120


@dataclass
class Patience:
    """Waits for a provider without a wish to stop."""

    stopping: threading.Event = field(default_factory=threading.Event)

    def on_slow(self) -> None:
        """Nothing waits behind a question."""


@dataclass
class NotifyAccount:
    """The account of `api_key`. Its requests may be made from any thread."""

    api_key: str = field(repr=False)
    base_url: str = BASE_URL
    limits: CallLimits = field(default_factory=CallLimits)
    pace: KeyTurns = field(default_factory=lambda: Pace(PER_MINUTE))
    _templates: dict[str, FoundTemplate] = field(default_factory=dict, init=False, repr=False)
    _local: threading.local = field(default_factory=threading.local, init=False, repr=False)

    def send(self, waiting: Waiting, post: Request) -> str:
        """The provider's id of what `post` sends. Raises: DeliveryFailed, DeliveryUnclear, ChannelUnavailable, and
        DeliveryDeferred when we are stopping and nothing was sent.
        """
        return str(self._call(waiting, post, failure_of).get("id") or "")

    def find(self, reference: str, waiting: Waiting) -> list[Mapping[str, Any]]:
        """The messages that the provider has under our `reference`. Raises: ChannelUnavailable, DeliveryDeferred."""
        found = self._call(waiting, lambda client: client.get_all_notifications(reference=reference), question_failed)
        return [one for one in found.get("notifications") or () if one.get("reference") == reference]

    def template_id(self, needed: NeededTemplate, waiting: Waiting) -> str:
        """The id of a template. Raises: ChannelUnavailable, also where it is missing or lacks a placeholder."""
        found = self._templates.get(needed.name)
        if found is None:
            found = next(one for one in self.look_for_templates(waiting) if one.needed == needed)
        if not found.is_usable:
            self.forget_templates()
            raise ChannelUnavailable(detail=with_detail(TEMPLATE_UNUSABLE, needed.name))
        return found.id

    def look_for_templates(self, waiting: Waiting) -> list[FoundTemplate]:
        """Each needed template as it is there now. Raises: ChannelUnavailable, DeliveryDeferred."""
        listed = self._call(waiting, lambda client: client.get_all_templates(), question_failed)
        found = find_templates(listed.get("templates") or ())
        self._templates = {one.needed.name: one for one in found}
        return found

    def forget_templates(self) -> None:
        """Have the templates looked for again when one is needed next."""
        self._templates = {}

    def _call(
        self,
        waiting: Waiting,
        request: Request,
        failure: Callable[[Answer], DeliveryFailed],
    ) -> Mapping[str, Any]:
        client, exchange = self._of_thread()
        self._wait_for_turn(waiting)
        exchange.waiting = waiting
        exchange.begin(self.limits.call)
        try:
            answer = request(client)
        except APIError as error:
            if waiting.stopping.is_set() and not exchange.has_begun:
                raise DeliveryDeferred from error
            answered = _answer(error, exchange)
            if answered.is_too_fast:  # for texts, letters and email alike
                self.pace.pause(answered.retry_after or SHORTEST_PAUSE)
            raise failure(answered) from error
        return answer if isinstance(answer, Mapping) else {}

    def _wait_for_turn(self, waiting: Waiting) -> None:
        """Wait until the pace of the key allows a request.

        Raises: ChannelUnavailable when that is long, DeliveryDeferred when we are stopping.
        """
        seconds = self.pace.reserve(monotonic()) - monotonic()
        if seconds > LONGEST_TURN:
            raise ChannelUnavailable(detail=PROVIDER_BUSY, retry_after=seconds)
        waiting.stopping.wait(seconds)
        if waiting.stopping.is_set():
            raise DeliveryDeferred

    def _of_thread(self) -> tuple[Any, Exchange]:
        """The client of this thread, which no other may use, and the exchange under which it waits."""
        if not hasattr(self._local, "client"):
            exchange = Exchange(Patience())
            client = _make_client(self.api_key, base_url=self.base_url, timeout=self.limits.call)
            adapter = BoundedAdapter(exchange)
            for scheme in ("https://", "http://"):
                client.request_session.mount(scheme, adapter)
            self._local.client, self._local.exchange = client, exchange
        return self._local.client, self._local.exchange


def _answer(error: APIError, exchange: Exchange) -> Answer:
    response: Response | None = error.response
    if response is None:
        return Answer(0, text=one_line(str(error.__cause__ or "")), has_begun=exchange.has_begun)
    if not isinstance(error, HTTPError):  # a success that says nothing
        return Answer(0, text=f"{response.status_code} without JSON")
    said = error.message
    first = said[0] if isinstance(said, list) and said and isinstance(said[0], dict) else {}
    text = str(first.get("message") or (said if isinstance(said, str) else ""))
    return Answer(response.status_code, str(first.get("error") or ""), one_line(text), _retry_after(response))


def _retry_after(response: Response) -> float:
    """The seconds in Retry-After; 0 where it says none."""
    value = response.headers.get("Retry-After", "")
    return float(min(int(value), MOST_RETRY_AFTER)) if value.isascii() and value.isdecimal() and len(value) < 10 else 0
