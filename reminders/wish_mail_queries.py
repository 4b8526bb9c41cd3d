"""Messages to those who wait without an appointment: what is held back, what waits too long, and which have failed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, or_, select
from sqlalchemy.orm import Session, aliased

from booking.proposals.tables import Wish
from people.residents.tables import Resident
from reminders.bounce_marks import is_of_wish
from reminders.delivery_decisions import FAILED, PENDING, SENT
from reminders.failures import FailureKind, failure_kind
from reminders.queue import pauses_on
from reminders.recipients import EMAIL, TEXT
from reminders.wish_kinds import FAMILY_OF
from reminders.wish_tables import WishMail
from reminders.wish_way_queries import WRITTEN_TO, tell_otherwise

MOST_COUNTED = 1_000
FAMILY = case(FAMILY_OF, value=WishMail.kind, else_=WishMail.kind)

_later = aliased(WishMail)
# Whoever waits is written to by email, and nothing has gone to them since. Of texts see `wish_way_queries.tell_otherwise`.
_OPEN: tuple[ColumnElement[bool], ...] = (
    WishMail.state == FAILED,
    Wish.closed_at.is_(None),
    WishMail.channel == EMAIL,
    Wish.told_by.in_(WRITTEN_TO),
    Resident.anonymised_at.is_(None),
    ~select(_later.id)
    .where(_later.wish_id == WishMail.wish_id, _later.state.in_((SENT, PENDING)), _later.id > WishMail.id)
    .exists(),
)


@dataclass(frozen=True)
class WishFailure:
    """Somebody who waits without an appointment, and whose email failed: the last one, and the kinds of all."""

    wish_id: int
    resident_id: int
    name: str
    email: str
    kinds: tuple[str, ...]
    what: FailureKind
    failed_at: datetime


def held_mails(db: Session, now: datetime, *, channel: str = "") -> ColumnElement[bool]:
    """The condition on messages that their council holds back; with a `channel` on all by another one, too."""
    of_pauses = []
    for pause in pauses_on(db, now):
        for by in (channel,) if channel else (EMAIL, TEXT):
            kinds = [kind for kind, family in FAMILY_OF.items() if pause.holds(pause.authority_id, family, by)]
            of_council = (WishMail.authority_id == pause.authority_id, WishMail.channel == by)
            of_pauses.append(and_(*of_council, WishMail.kind.in_(kinds)))
    return or_(WishMail.channel != channel if channel else false(), *of_pauses)


def is_mail_overdue(db: Session, authority_id: int, now: datetime, due_by: datetime) -> bool:
    """Whether a message of the council that nothing holds back has been due since `due_by`, or longer."""
    due = (WishMail.authority_id == authority_id, WishMail.state == PENDING, WishMail.due_at <= due_by)
    return db.scalar(select(WishMail.id).where(*due, ~held_mails(db, now)).limit(1)) is not None


def wish_failures(
    db: Session,
    authority_id: int,
    *,
    site_ids: Collection[int] | None,
    limit: int,
    wish_id: int | None = None,
) -> list[WishFailure]:
    """Who waits and was not reached by email, the latest first; of these sites, or all."""
    rows = _failed().where(WishMail.authority_id == authority_id)
    if wish_id is not None:
        rows = rows.where(Wish.id == wish_id)
    by_wish: dict[int, list[Any]] = {}
    for row in db.execute(rows.order_by(WishMail.closed_at.desc(), WishMail.id.desc())):
        if site_ids is None or not row.Wish.site_ids or set(row.Wish.site_ids) & set(site_ids):
            by_wish.setdefault(row.Wish.id, []).append(row)
    return [_failure(found) for found in by_wish.values()][:limit]


def failed_mails(db: Session, *conditions: ColumnElement[bool]) -> list[WishMail]:
    """The emails that failed and may be of use, locked."""
    rows = _failed().where(*conditions).with_only_columns(WishMail).order_by(WishMail.id)
    return list(db.scalars(rows.with_for_update(of=WishMail), execution_options={"populate_existing": True}))


def fail_mail(
    db: Session, mail_id: int, reason: str, now: datetime, is_about: Callable[[WishMail, Resident], bool]
) -> Resident | None:
    """Whose email had failed, as it turns out after it was sent; None where it has not, or is not there.

    Every copy has the same reference, so `is_about` says whether it was the last one, to the address of today.
    """
    mail = db.scalars(select(WishMail).where(WishMail.id == mail_id).with_for_update()).first()
    if mail is None or mail.state != SENT:
        return None
    resident = db.get_one(Resident, db.get_one(Wish, mail.wish_id).resident_id)
    if not is_about(mail, resident):
        return None
    mail.state, mail.reason, mail.closed_at = FAILED, reason, now
    mail.delivered_at = mail.ask_at = None
    if mail.channel == TEXT:
        tell_otherwise(db, mail, now)
    return resident


def write_arrival(db: Session, mail_id: int, at: datetime) -> bool:
    """Whether it is news that this message has arrived; what has failed stays so."""
    mail = db.scalars(select(WishMail).where(WishMail.id == mail_id).with_for_update()).first()
    if mail is None or mail.state != SENT or mail.delivered_at is not None:
        return False
    mail.delivered_at, mail.ask_at = at, None
    return True


def mail_id_in(reference: str) -> int:
    """The id of the email that went out under this reference; 0 for that of another message."""
    return int(reference.split("-")[1]) if is_of_wish(reference) else 0


def _failed() -> Any:
    joined = select(WishMail, Wish, Resident).join(Wish, Wish.id == WishMail.wish_id)
    return joined.join(Resident, Resident.id == Wish.resident_id).where(*_OPEN)


def _failure(rows: list[Any]) -> WishFailure:
    last = rows[0]
    return WishFailure(
        wish_id=last.Wish.id,
        resident_id=last.Resident.id,
        name=last.Resident.name,
        email=last.Resident.email,
        kinds=tuple(dict.fromkeys(FAMILY_OF[row.WishMail.kind] for row in rows)),
        what=failure_kind(EMAIL, last.WishMail.reason),
        failed_at=last.WishMail.closed_at,
    )
