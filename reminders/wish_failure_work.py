"""What staff do about emails that did not reach somebody who waits: correct the address, try again, or ring from now on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.proposals.tables import Wish
from booking.use_cases.change_record import write_record
from core.audit import Actor, record
from core.errors import Stale
from core.runtime import Runtime
from core.transactions import run_with_retries
from people.residents.resident_repository import lock_resident, record_stamp
from reminders.corrections import Correction, corrected
from reminders.delivery_decisions import PENDING
from reminders.failures import ContactPart, FailureResult
from reminders.wish_mail_queries import WishFailure, failed_mails, wish_failures
from reminders.wish_tables import WishMail
from reminders.wish_way_queries import ring_from_now_on


@dataclass(frozen=True)
class WishFailureWork:
    """The wish whose emails failed, and who deals with it; at the sites of `site_ids`, or None for all.

    `seen` is the `record_stamp` of whose it is, as the page showed them. Stale is raised when it is not so any more.
    """

    runtime: Runtime
    authority_id: int
    wish_id: int
    actor: Actor
    site_ids: Collection[int] | None
    seen: str | None = None

    def send_again(self, email: str = "") -> bool:
        """Whether what failed is due again, to this `email` from now on; without one to that of the record."""

        def act(db: Session, failure: WishFailure, now: datetime) -> FailureResult:
            resident = lock_resident(db, self.authority_id, failure.resident_id)
            resident.email_returned_at = None
            if email:
                db.flush()
                person = corrected(resident, ContactPart.EMAIL, Correction(email=email))
                write_record(db, self.runtime, resident, person, self.actor, now, keeps_own=True)
            due_again(failed_mails(db, WishMail.wish_id == self.wish_id), now)
            return FailureResult.CORRECTED if email else FailureResult.RETRIED

        return self._end(act)

    def ring(self) -> bool:
        """Whether colleagues ring them from now on, also about a time that is held for them."""

        def act(db: Session, _failure: WishFailure, _now: datetime) -> FailureResult:
            ring_from_now_on(db, self.wish_id)
            return FailureResult.RUNG

        return self._end(act)

    def _end(self, act: Callable[[Session, WishFailure, datetime], FailureResult]) -> bool:
        """Whether `act` was done: something has failed, and no colleague has dealt with it since."""

        def operation(db: Session) -> bool:
            now = self.runtime.clock.database_now(db)
            mine = select(Wish).where(Wish.id == self.wish_id, Wish.authority_id == self.authority_id)
            db.scalars(mine.with_for_update()).first()
            of_wish = self.wish_id
            found = wish_failures(db, self.authority_id, site_ids=self.site_ids, limit=50, wish_id=of_wish)
            if not found:
                return False
            resident = lock_resident(db, self.authority_id, found[0].resident_id)
            if self.seen is not None and self.seen != record_stamp(resident):
                raise Stale.because("record_changed")
            result, subject = act(db, found[0], now), ("resident", found[0].resident_id)
            council = self.authority_id
            record(db, self.actor, "failure_ended", subject, authority_id=council, now=now, ending=result.value)
            return True

        return run_with_retries(self.runtime.database, operation)


def due_again(mails: Collection[WishMail], now: datetime) -> int:
    """How many of these emails are due again now, with all their tries before them."""
    for mail in mails:
        mail.state, mail.due_at, mail.closed_at, mail.tries, mail.reason = PENDING, now, None, 0, ""
    return len(mails)
