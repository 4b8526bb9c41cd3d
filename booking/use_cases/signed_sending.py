"""Sends one signed message to another program."""

from __future__ import annotations

from booking.webhooks.signed_message import WebhookFailure, WebhookMessage, signed_headers
from booking.webhooks.webhook_queries import WebhookTarget
from core.bounded_fetch import FetchFailed, FetchFailure, FetchLimits, FetchRequest, fetch
from core.runtime import Runtime

LIMITS = FetchLimits(seconds=10, redirects=0, reads_body=False)


def send_signed(runtime: Runtime, target: WebhookTarget, message: WebhookMessage) -> WebhookFailure | None:
    """None where it answers that it has it; or else why not."""
    if not target.address or not target.secret:
        return WebhookFailure.SEALED
    headers = signed_headers(message, target.secret, runtime.clock.now())
    request = FetchRequest(target.address, "POST", message.body, headers)
    try:
        answer = fetch(request, runtime.settings.webhook_hosts, LIMITS)
    except FetchFailed as error:
        return WebhookFailure.PRIVATE if error.failure is FetchFailure.PRIVATE else WebhookFailure.SILENT
    return None if 200 <= answer.status < 300 else WebhookFailure.REFUSED
