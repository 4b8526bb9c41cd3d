"""What every page of a call starts from: who answers it, for which council, a session for reading, and the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import g, request
from sqlalchemy.orm import Session

from core.audit import Actor
from core.flask_context import current_runtime
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.catalogue import Catalogue
from locations.catalogue_queries import catalogue_by_id
from locations.model import AuthorityFacts
from web.staff_guard import current_staff, staff_actor


@dataclass(frozen=True)
class Desk:
    """The agent at work."""

    runtime: Runtime
    db: Session
    catalogue: Catalogue
    actor: Actor
    now: datetime

    @property
    def authority(self) -> AuthorityFacts:
        """The agent's council."""
        return self.catalogue.authority

    @property
    def zone(self) -> str:
        """The zone of the council's places."""
        return self.authority.zone

    @property
    def today(self) -> date:
        """The date at the council's places."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def once(self, name: str, deed: object) -> IdempotencyKey | None:
        """The key that this form carries for its button `name`, for exactly this deed."""
        key = request.form.get("idempotency_key", "")[:80]
        return IdempotencyKey.of(f"agent:{self.actor.id}", f"{name}:{key}", repr(deed).encode()) if key else None


@contextmanager
def desk() -> Iterator[Desk]:
    """The desk for one request."""
    runtime, staff = current_runtime(), current_staff()
    with runtime.database.reading() as db:
        catalogue = catalogue_by_id(db, staff.authority_id)
        g.authority = catalogue.authority
        yield Desk(runtime, db, catalogue, staff_actor(), runtime.clock.now())
