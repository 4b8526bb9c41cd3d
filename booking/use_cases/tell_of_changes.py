"""Other programs are told of changes of appointments: each of every change, in the order in which an appointment changed.

The audit is read on from where each program stands, so nothing is owed that could be lost and nothing is kept of what was
told. A program is told of the next change when it has taken the one before. Whoever comes after a crash tells it of that
one again, with the same id.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event
from time import monotonic
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from booking.documents.batch_delivery import wait_after
from booking.use_cases.signed_sending import send_signed
from booking.webhooks.change_queries import Place, Untold, are_programs_told, untold_changes, webhooks_to_tell
from booking.webhooks.signed_message import WebhookFailure
from booking.webhooks.tables import Webhook
from booking.webhooks.webhook_queries import WebhookTarget, target_of_row
from core.outages import outage_of
from core.runtime import Runtime
from core.sealed import sealed_anew
from core.transactions import run_with_retries

MOST_AT_ONCE = 50  # read together
TURN_SECONDS = 10  # then it is the next one's turn: who answers slowly does not hold up others
LEASE = timedelta(minutes=2)
"""A process that has told one program nothing for so long has ended; a try takes 10 s at most."""
ALARM_AFTER = timedelta(minutes=15)
NO_FAILURE: dict[str, Any] = {"tries": 0, "next_try_at": None, "failing_since": None, "failure": ""}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    """One process tells one program; `tries` is how often it has failed before."""

    target: WebhookTarget
    number: int
    authority_id: int
    events: tuple[str, ...]
    read_up_to: Place
    tries: int


def tell_of_changes(runtime: Runtime, stopping: Event | None = None) -> Counter[str]:
    """How many changes were `told`, and how many programs have `failed` to take theirs."""
    counts: Counter[str] = Counter()
    with runtime.database.reading() as db:
        due = webhooks_to_tell(db, runtime.clock.database_now(db))
    for webhook_id in due:
        turn = None if stopping is not None and stopping.is_set() else _taken(runtime, webhook_id)
        if turn is not None:
            _tell(runtime, turn, counts, stopping)
    return counts


def are_changes_told(runtime: Runtime) -> bool:
    """Whether every program takes what it is told of appointments, or has failed to for a short while only."""
    with runtime.database.reading() as db:
        return are_programs_told(db, runtime.clock.database_now(db) - ALARM_AFTER)


def _taken(runtime: Runtime, webhook_id: int) -> Turn | None:
    """The turn, unless another process has it; the address sealed by the newest key."""

    def operation(db: Session) -> Turn | None:
        now, keys = runtime.clock.database_now(db), runtime.settings.secret_keys
        free = or_(Webhook.turn_ends_at.is_(None), Webhook.turn_ends_at <= now)
        taken = {"turn": Webhook.turn + 1, "turn_ends_at": now + LEASE}
        found = update(Webhook).where(Webhook.id == webhook_id, free).values(taken).returning(Webhook.id)
        if db.scalar(found) is None:
            return None
        row = db.get_one(Webhook, webhook_id)
        row.sealed_address, row.sealed_secret = (
            sealed_anew(keys, one) for one in (row.sealed_address, row.sealed_secret)
        )
        target = target_of_row(row, keys)
        return Turn(target, row.turn, row.authority_id, tuple(row.events), row.read_up_to, row.tries)

    return run_with_retries(runtime.database, operation)


def _tell(runtime: Runtime, turn: Turn, counts: Counter[str], stopping: Event | None) -> None:
    """Tell the program as much as there is, or as there is time for. What goes wrong with one is no other's."""
    ends_at, is_all = monotonic() + TURN_SECONDS, False
    try:
        while not is_all and monotonic() < ends_at:
            untold = _untold(runtime, turn)
            for message, lane, number in untold.messages:
                if monotonic() >= ends_at or (stopping is not None and stopping.is_set()):
                    _keep(runtime, turn, turn_ends_at=None)
                    return
                failure = send_signed(runtime, turn.target, message)
                if failure is not None:
                    _failed(runtime, turn, failure, counts)
                    return
                counts["told"] += 1
                turn = replace(turn, read_up_to=dict(turn.read_up_to) | {lane: number}, tries=0)
                if not _keep_told(runtime, turn):
                    return
            turn, is_all = replace(turn, read_up_to=untold.place), untold.is_all
        _keep(runtime, turn, read_up_to=turn.read_up_to, turn_ends_at=None, **NO_FAILURE)
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("a program could not be told", extra={"webhook": turn.target.id})
        _failed(runtime, turn, WebhookFailure.BROKEN, counts)


def _untold(runtime: Runtime, turn: Turn) -> Untold:
    where = (turn.authority_id, turn.events, turn.read_up_to, MOST_AT_ONCE)
    with runtime.database.reading() as db:
        return untold_changes(db, *where, runtime.settings.public_url)


def _keep_told(runtime: Runtime, turn: Turn) -> bool:
    with runtime.database.reading() as db:
        until = runtime.clock.database_now(db) + LEASE
    return _keep(runtime, turn, read_up_to=turn.read_up_to, turn_ends_at=until, **NO_FAILURE)


def _failed(runtime: Runtime, turn: Turn, failure: WebhookFailure, counts: Counter[str]) -> None:
    counts["failed"] += 1
    log.error("a program did not take a change", extra={"webhook": turn.target.id, "why": failure.value})
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
    since = {} if turn.tries else {"failing_since": now}
    again: dict[str, Any] = {"tries": turn.tries + 1, "next_try_at": now + wait_after(turn.tries + 1)}
    _keep(runtime, turn, turn_ends_at=None, failure=failure.value, **again, **since)


def _keep(runtime: Runtime, turn: Turn, **values: Any) -> bool:
    """Whether the values were kept: not where another process has the turn, or the address was removed."""
    ours = (Webhook.id == turn.target.id, Webhook.turn == turn.number)

    def operation(db: Session) -> bool:
        return db.scalar(update(Webhook).where(*ours).values(values).returning(Webhook.id)) is not None

    return run_with_retries(runtime.database, operation)
