"""Texts, letters and email by GOV.UK Notify, which is asked by our reference what became of each."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from core.errors import DeliveryFailed
from reminders.channels.base import ChannelUnavailable, DeliveryDeferred, DeliveryUnclear, Waiting
from reminders.channels.notify_account import NotifyAccount, Patience
from reminders.channels.notify_answers import is_about_template
from reminders.channels.notify_templates import ADDRESS_LINES, EMAIL, LARGE_LETTER, LETTER, TEXT, NeededTemplate
from reminders.letters import LetterBody
from reminders.messages import Body, EmailBody, RenderedMessage
from reminders.provider_states import ProviderState, has_arrived, state_in
from reminders.reasons import PROVIDER_UNUSABLE, PROVIDER_WENT_AWAY, with_detail
from reminders.texts import TextBody

log = logging.getLogger(__name__)


class NotifyChannel:
    """One kind of message by `account`."""

    can_confirm_arrival = True
    batch_size = 50

    def __init__(self, account: NotifyAccount, body_type: type[Body]) -> None:
        self.account = account
        self.body_type = body_type

    @contextmanager
    def open(self, waiting: Waiting) -> Iterator[NotifyConnection]:
        """A connection for one batch. The client behind it is this thread's, and outlives it."""
        yield NotifyConnection(self.account, waiting)

    def arrived(self, references: Sequence[str]) -> set[str]:
        """Those of our `references` that the provider has taken and not given up. Raises: DeliveryFailed."""
        waiting, ends_at = Patience(), monotonic() + self.account.limits.batch
        found = set()
        for reference in references:
            if monotonic() > ends_at:
                raise ChannelUnavailable(detail=with_detail(PROVIDER_UNUSABLE, "slow"))
            if any(has_arrived(state) for state in self.states_of(reference, waiting)):
                found.add(reference)
        return found

    def states_of(self, reference: str, waiting: Waiting) -> list[ProviderState]:
        """What the provider says of the messages under our `reference`. Raises: DeliveryFailed."""
        return [state_in(one) for one in self.account.find(reference, waiting)]


class NotifyConnection:
    """Sends one batch. After an answer about this service, and when the batch has taken too long, no more of it is sent."""

    def __init__(self, account: NotifyAccount, waiting: Waiting) -> None:
        self._account = account
        self._waiting = waiting
        self._ends_at = monotonic() + account.limits.batch
        self._broken = ""

    def send(self, message: RenderedMessage) -> str:
        """The provider's id of `message`. Raises: DeliveryFailed, DeliveryUnclear, DeliveryDeferred, ChannelUnavailable."""
        if self._broken:
            raise ChannelUnavailable(detail=self._broken)
        if monotonic() > self._ends_at or self._waiting.stopping.is_set():
            raise DeliveryDeferred
        try:
            return self._send(message)
        except DeliveryUnclear as error:
            self._broken = with_detail(PROVIDER_UNUSABLE, error.detail.removeprefix(f"{PROVIDER_WENT_AWAY}: "))
            raise
        except DeliveryFailed as error:
            if is_about_template(error):
                self._account.forget_templates()
            raise

    def _send(self, message: RenderedMessage) -> str:
        needed, values = _personalisation(message.body)
        template_id = self._account.template_id(needed, self._waiting)
        address, reference = message.recipient.address, message.reference
        match needed.type:
            case "sms":
                return self._send_text(message, template_id, values)
            case "email":
                return self._account.send(
                    self._waiting,
                    lambda client: client.send_email_notification(address, template_id, values, reference),
                )
            case _:
                return self._account.send(
                    self._waiting, lambda client: client.send_letter_notification(template_id, values, reference)
                )

    def _send_text(self, message: RenderedMessage, template_id: str, values: Mapping[str, Any]) -> str:
        """By the council's own sender; by the account's usual one where the provider does not know that (any more)."""
        address, reference = message.recipient.address, message.reference

        def send(sender_id: str) -> str:
            return self._account.send(
                self._waiting,
                lambda client: client.send_sms_notification(address, template_id, values, reference, sender_id or None),
            )

        try:
            return send(message.text_sender_id)
        except DeliveryFailed as error:
            if not message.text_sender_id or "sms_sender_id" not in error.detail:
                raise
            log.error("GOV.UK Notify does not know the sender of texts of council %s", message.authority_id)
            return send("")


def _personalisation(body: Body) -> tuple[NeededTemplate, Mapping[str, Any]]:
    """The template of a message, and the values of its placeholders."""
    if isinstance(body, TextBody):
        return TEXT, {"message": body.text}
    if isinstance(body, LetterBody):
        lines = dict(zip(ADDRESS_LINES, body.address_lines, strict=False))
        needed = LARGE_LETTER if body.large_print else LETTER
        return needed, {**lines, "heading": body.heading, "message": body.text}
    assert isinstance(body, EmailBody)  # noqa: S101  # the types say so
    return EMAIL, {"subject": body.subject, "message": body.text}
