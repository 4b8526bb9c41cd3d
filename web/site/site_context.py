"""What every page of a site starts from: who stands at the desk, which site, a session for reading, and the time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import g, request
from sqlalchemy.orm import Session

from booking.queries.day_list import SiteDayView, day_of, site_of
from core.audit import Actor
from core.errors import NotFound
from core.flask_context import current_runtime
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.catalogue import Catalogue
from locations.catalogue_queries import catalogue_by_id
from locations.model import SiteFacts
from people.residents.contact_notes import log_access
from people.staff.policy import Action
from people.staff.sign_in_sessions import SignedInStaff
from web.staff_guard import current_staff, staff_actor

FIRST_YEAR, LAST_YEAR = 2000, 2100  # every day between can be drawn, with the days beside it


@dataclass(frozen=True)
class FrontDesk:
    """A member of staff at a site."""

    runtime: Runtime
    db: Session
    catalogue: Catalogue
    site: SiteFacts
    staff: SignedInStaff
    actor: Actor
    now: datetime

    @property
    def today(self) -> date:
        """The date at the site."""
        return self.now.astimezone(ZoneInfo(self.catalogue.authority.zone)).date()

    def may(self, action: Action) -> bool:
        """Whether they may do `action` at this site."""
        return self.staff.may(action, site_id=self.site.id)

    def day(self, text: str) -> SiteDayView:
        """The site's day of this date, as it stands now. Raises: NotFound for what is no date."""
        return day_of(self.db, self.catalogue, self.site, date_of(text), self.now)

    def log_view(self, purpose: str, residents: Sequence[int], **facts: object) -> None:
        """Write who looked at whose appointments here, why and when: the residents' ids are among the facts."""
        facts |= {"site_id": self.site.id, "residents": list(residents)}
        with self.runtime.database.writing() as db:
            log_access(db, self.catalogue.authority.id, None, self.actor, purpose, self.now, **facts)


@contextmanager
def front_desk(slug: str) -> Iterator[FrontDesk]:
    """The desk for one request. Raises: NotFound for a site that is not this council's."""
    runtime, staff = current_runtime(), current_staff()
    with runtime.database.reading() as db:
        catalogue = catalogue_by_id(db, staff.authority_id)
        g.authority = catalogue.authority
        site = site_of(catalogue, slug)
        yield FrontDesk(runtime, db, catalogue, site, staff, staff_actor(), runtime.clock.now())


def date_of(text: str) -> date:
    """The date that `text` (2026-11-24) means. Raises: NotFound."""
    try:
        wanted = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound from error
    if wanted.isoformat() != text or not FIRST_YEAR <= wanted.year <= LAST_YEAR:
        raise NotFound
    return wanted


def key_for(actor: Actor, deed: str) -> IdempotencyKey | None:
    """The key that this form carries, for exactly this deed: a second click on the same button changes nothing."""
    key = request.form.get("idempotency_key", "")[:80]
    return IdempotencyKey.of(f"site:{actor.id}", f"{key}:{deed}"[:200], deed.encode()) if key else None
