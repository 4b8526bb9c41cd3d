"""Wishes for an earlier time as people see them: what is wanted, how it stands, and the time that is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from booking.appointment_repository import service_ids_of
from booking.proposals.tables import Wish
from booking.proposals.wish_rules import ANSWER_DAYS, WishState
from booking.queries.advisers import bookable_adviser, today_of
from booking.queries.open_proposals import OpenProposal, proposals_of_wishes
from core.errors import NotFound
from core.tokens import digest, is_short_wish_token, number_of_short_token
from locations.model import Catalogue, ServiceFacts, SiteFacts
from locations.tables import Resource


@dataclass(frozen=True)
class WishView:
    """Somebody who waits for an earlier time. No sites are the appointment's own, or, without one, any.

    What a wish names and the council has removed since is left out.
    """

    id: int
    resident_id: int
    appointment_id: int | None
    services: tuple[ServiceFacts, ...]
    sites: tuple[SiteFacts, ...]
    weekdays: tuple[int, ...]
    from_time: time | None
    to_time: time | None
    until: date | None
    state: WishState
    asked_at: datetime
    proposal: OpenProposal | None
    told_by: str = ""
    adviser: str = ""  # the name of the only one to whom they come; empty for anybody, and where that one has left

    @property
    def answer_days(self) -> int:
        """After how many days without an answer a colleague is to tell them how it stands."""
        return min((service.answer_days for service in self.services), default=ANSWER_DAYS)

    @property
    def is_open(self) -> bool:
        """Whether they still wait."""
        return self.state in (WishState.OPEN, WishState.PAUSED)

    @property
    def is_paused(self) -> bool:
        """Whether nothing is offered until they ask again."""
        return self.state is WishState.PAUSED


def wish_of_appointment(db: Session, catalogue: Catalogue, appointment_id: int, now: datetime) -> WishView | None:
    """The open wish for an earlier time of the appointment, or None."""
    found = _views(db, catalogue, _open().where(Wish.appointment_id == appointment_id), now)
    return found[0] if found else None


def wishes_of_resident(db: Session, catalogue: Catalogue, resident_id: int, now: datetime) -> Sequence[WishView]:
    """The open wishes of the resident, with and without an appointment, the oldest first."""
    return _views(db, catalogue, _open().where(Wish.resident_id == resident_id), now)


def wish_by_token(db: Session, token: str) -> Wish:
    """The wish whose own link has this token, open or closed. Raises: NotFound."""
    wish = db.scalar(select(Wish).where(Wish.link_digest == digest(token)))
    if wish is None:
        raise NotFound.because("link_unknown")
    return wish


def wish_by_short_token(db: Session, secret_keys: Sequence[str], token: str) -> Wish:
    """The wish whose own short link has this token, open or closed. Raises: NotFound."""
    number = number_of_short_token(token)
    wish = None if number is None else db.get(Wish, number)
    if wish is None or not wish.link_nonce or not is_short_wish_token(secret_keys, wish.id, wish.link_nonce, token):
        raise NotFound.because("link_unknown")
    return wish


def own_wish(db: Session, catalogue: Catalogue, wish_id: int, link_mark: str, now: datetime) -> WishView | None:
    """The wish of this id, whatever has become of it, for whoever opened its link; None when that is another one."""
    here = (Wish.id == wish_id, Wish.authority_id == catalogue.authority.id, Wish.link_digest.startswith(link_mark))
    found = views_of(db, catalogue, db.scalars(select(Wish).where(*here)).all(), now) if link_mark else []
    return found[0] if found else None


def views_of(db: Session, catalogue: Catalogue, wishes: Sequence[Wish], now: datetime) -> list[WishView]:
    """The wishes as people see them, in their order."""
    proposals = proposals_of_wishes(db, catalogue, [wish.id for wish in wishes], now)
    return [_view(db, catalogue, wish, proposals.get(wish.id), today_of(catalogue, now)) for wish in wishes]


def count_waiting(db: Session, authority_id: int, *, kind: str, row_id: int) -> int:
    """How many open wishes name this site or service; nobody waits for another kind of thing."""
    if kind not in ("site", "service"):
        return 0
    column = Wish.site_ids if kind == "site" else Wish.service_ids
    named = db.scalars(select(column).where(Wish.authority_id == authority_id, Wish.closed_at.is_(None)))
    return sum(row_id in ids for ids in named)


def _open() -> Select[Wish]:
    return select(Wish).where(Wish.closed_at.is_(None)).order_by(Wish.asked_at, Wish.id)


def _views(db: Session, catalogue: Catalogue, statement: Select[Wish], now: datetime) -> list[WishView]:
    here = statement.where(Wish.authority_id == catalogue.authority.id)
    return views_of(db, catalogue, db.scalars(here).all(), now)


def _view(db: Session, catalogue: Catalogue, wish: Wish, proposal: OpenProposal | None, today: date) -> WishView:
    service_ids = wish.service_ids if wish.appointment_id is None else service_ids_of(db, wish.appointment_id)
    services = {one.id: one for one in catalogue.services}
    sites = {one.id: one for one in catalogue.sites}
    adviser = bookable_adviser(catalogue, wish.adviser_id, service_ids, today)
    return WishView(
        id=wish.id,
        resident_id=wish.resident_id,
        appointment_id=wish.appointment_id,
        services=tuple(services[service_id] for service_id in service_ids if service_id in services),
        sites=tuple(sites[site_id] for site_id in wish.site_ids if site_id in sites),
        weekdays=tuple(wish.weekdays),
        from_time=wish.from_time,
        to_time=wish.to_time,
        until=wish.until,
        state=WishState(wish.state),
        asked_at=wish.asked_at,
        proposal=proposal,
        told_by=wish.told_by,
        adviser=db.get_one(Resource, adviser).name if adviser else "",
    )
