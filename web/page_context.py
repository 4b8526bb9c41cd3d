"""What a page starts from: the running service, one database session for reading, the council, who asks, and the time.

One context for each request, by who asks: `council_context` for residents, `staff_context` for staff across their council,
`site_context` for staff at one site. Every form that writes takes its idempotency key from `form_key`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, request, session
from sqlalchemy.orm import Session

from booking.queries.day_list import SiteDayView, day_of
from booking.use_cases.calls import CallKey
from core.audit import Actor
from core.browser_states import read_entry
from core.errors import InvalidValue, NotFound
from core.flask_context import current_runtime
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from core.wall_clock import parse_day
from locations.catalogue_queries import catalogue_by_id, catalogue_of
from locations.model import AuthorityFacts, Catalogue, SiteFacts
from locations.own_words import council_in
from people.residents.access_log import log_access
from people.staff.policy import Action, contact_channel, served_sites
from people.staff.sign_in_sessions import SignedInStaff
from web.request_language import current_language
from web.staff_guard import current_staff, staff_actor
from web.typed_before import BROWSER

LONGEST_KEY = 80


@dataclass(frozen=True)
class PageContext:
    """The council as it is now, and who looks at it."""

    runtime: Runtime
    db: Session
    catalogue: Catalogue
    actor: Actor
    now: datetime

    @property
    def authority(self) -> AuthorityFacts:
        """The council."""
        return self.catalogue.authority

    @property
    def base(self) -> str:
        """The beginning of every address of this council's public pages."""
        return f"/{self.authority.slug}"

    @property
    def zone(self) -> str:
        """The time zone of the council's places."""
        return self.authority.zone

    @property
    def today(self) -> date:
        """The date at the council's places."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def kept(self, name: str) -> dict[str, Any] | None:
        """What the server keeps by this name for the browser that asks."""
        browser_id = session.get(BROWSER)
        return read_entry(self.db, browser_id, name, self.now) if browser_id else None

    def form_key(self, operation: str, body: object, sent: str | None = None) -> IdempotencyKey | None:
        """The key under which this form does `operation` once with exactly this `body`; None when it carries none.

        `sent` is the key where it does not stand in the form's own field.
        """
        key = (request.form.get("idempotency_key", "") if sent is None else sent)[:LONGEST_KEY]
        owner = f"{self.actor.kind}:{self.actor.id or self.authority.id}"
        return IdempotencyKey.of(owner, f"{operation}:{key}", repr(body).encode()) if key else None


@dataclass(frozen=True)
class StaffContext(PageContext):
    """A signed-in member of staff and their council."""

    staff: SignedInStaff

    def call_with(self, resident_id: int) -> CallKey:
        """The call of whoever is signed in with this resident."""
        return CallKey(self.authority.id, self.staff.staff_id, resident_id)

    @property
    def served_sites(self) -> frozenset[int] | None:
        """The ids of the sites at which they may book and change appointments; None means all."""
        return served_sites(self.staff.roles)

    def check_serves(self, site_id: int) -> None:
        """Raises: NotFound for a site at which they may not book nor change appointments."""
        if not self.serves(site_id):
            raise NotFound

    def serves(self, site_id: int) -> bool:
        """Whether they may book and change appointments at this site."""
        return self.served_sites is None or site_id in self.served_sites

    @property
    def channel(self) -> str:
        """How residents reach them: `phone` or `counter`."""
        return contact_channel(self.staff.roles)


@dataclass(frozen=True)
class SiteContext(StaffContext):
    """A signed-in member of staff at one site of their council."""

    site: SiteFacts

    def may(self, action: Action) -> bool:
        """Whether they may do `action` at this site."""
        return self.staff.may(action, site_id=self.site.id)

    def day(self, text: str) -> SiteDayView:
        """The site's day of this date as it is now. Raises: NotFound for what is no date."""
        return day_of(self.db, self.catalogue, self.site, date_of(text), self.now)

    def log_view(self, purpose: str, residents: Sequence[int], **facts: object) -> None:
        """Write who looked at whose appointments here, why and when: the residents' ids are among the facts."""
        facts |= {"site_id": self.site.id, "residents": list(residents)}
        with self.runtime.database.writing() as db:
            log_access(db, self.authority.id, None, self.actor, purpose, self.now, **facts)


@contextmanager
def council_context(slug: str) -> Iterator[PageContext]:
    """The context of a resident's page. Raises: NotFound for a council that is not here."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        yield resident_context(runtime, db, catalogue_of(db, slug))


def resident_context(runtime: Runtime, db: Session, catalogue: Catalogue) -> PageContext:
    """The context of a resident's page of this council, in the language of the page."""
    g.authority = catalogue.authority
    own = council_in(catalogue, current_language().code)
    g.authority = own.authority
    return PageContext(runtime, db, own, Actor.resident(), runtime.clock.now())


@contextmanager
def staff_context() -> Iterator[StaffContext]:
    """The context of a page for the staff of a council. Raises: NotFound when nobody is signed in."""
    runtime, staff = current_runtime(), current_staff()
    with runtime.database.reading() as db:
        catalogue = catalogue_by_id(db, staff.authority_id)
        g.authority, g.catalogue = catalogue.authority, catalogue
        yield StaffContext(runtime, db, catalogue, staff_actor(), runtime.clock.now(), staff)


@contextmanager
def site_context(slug: str) -> Iterator[SiteContext]:
    """The context of a page of one site. Raises: NotFound for a site that is not this council's."""
    with staff_context() as at:
        site = _site_of(at.catalogue, slug)
        yield SiteContext(at.runtime, at.db, at.catalogue, at.actor, at.now, at.staff, site)


def _site_of(catalogue: Catalogue, slug: str) -> SiteFacts:
    """The site of this slug. Raises: NotFound, in the same words as for a site that is somebody else's."""
    try:
        return catalogue.site(slug)
    except NotFound as error:
        raise NotFound from error


def date_of(text: str) -> date:
    """The date that `text` (2026-11-24) in an address means. Raises: NotFound."""
    try:
        return parse_day(text)
    except InvalidValue as error:
        raise NotFound from error
