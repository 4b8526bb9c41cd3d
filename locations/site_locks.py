"""Locks on the rows of sites: a booking shares them, a change of the plan has them alone.

Everybody locks sites by ascending id, so that two transactions cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from core.database import connection_of, table_of
from core.errors import NotFound
from locations.catalogue_queries import PLAN_IS_CHANGING, cached_catalogue, catalogue_by_id
from locations.model import Catalogue
from locations.tables import Authority, Site

_authorities, _sites = table_of(Authority), table_of(Site)
_LOCKED = (
    select(_sites.c.id, _sites.c.plan_version, _authorities.c.plan_version)
    .join_from(_sites, _authorities, _authorities.c.id == _sites.c.authority_id)
    .where(_sites.c.id.in_(bindparam("sites", expanding=True)), _sites.c.authority_id == bindparam("authority"))
    .order_by(_sites.c.id)
    .with_for_update(read=True, of=_sites)
)


def catalogue_while_locked(db: Session, authority_id: int, site_ids: Iterable[int]) -> Catalogue:
    """The catalogue, while these sites' rows are locked for sharing, by ascending id; their plans cannot change meanwhile.

    One statement when nothing changed at these sites; of the others it may be a little old. Raises: NotFound.
    """
    ordered_ids = sorted(set(site_ids))
    db.flush()
    rows = connection_of(db).execute(_LOCKED, {"authority": authority_id, "sites": ordered_ids}).all()
    if [row[0] for row in rows] != ordered_ids:
        raise NotFound.because("place_unknown")
    known = None if db.info.get(PLAN_IS_CHANGING) else cached_catalogue(db, authority_id)
    if known is None or any(
        known.authority.plan_version != authority_version or known.version_of(site_id) != version
        for site_id, version, authority_version in rows
    ):
        return catalogue_by_id(db, authority_id)
    return known


def bump_plan(db: Session, authority_id: int, site_ids: Iterable[int] | None = None) -> None:
    """Raise the plan versions of these sites, or (None) of the authority and all its sites.

    The site rows stay locked until the transaction ends, so that no booking relies on the old plan meanwhile.
    """
    db.flush()
    db.info[PLAN_IS_CHANGING] = True
    if site_ids is None:
        db.execute(
            update(Authority).where(Authority.id == authority_id).values(plan_version=Authority.plan_version + 1)
        )
    locked = lock_sites(db, authority_id, site_ids)
    db.execute(update(Site).where(Site.id.in_(locked)).values(plan_version=Site.plan_version + 1))


def lock_sites(db: Session, authority_id: int, site_ids: Iterable[int] | None = None) -> Sequence[int]:
    """The ids of these sites (None: all), locked in ascending order like everybody does, so that none can deadlock."""
    statement = select(Site.id).where(Site.authority_id == authority_id).order_by(Site.id).with_for_update()
    if site_ids is not None:
        statement = statement.where(Site.id.in_(list(site_ids)))
    return db.scalars(statement).all()


def lock_council(db: Session, slug: str) -> int | None:
    """The id of the council of this slug, its row and its sites locked for a change of the plan; None when it is new.

    Bookings wait until the transaction ends: none relies on a plan that is being changed.
    """
    statement = select(Authority.id).where(Authority.slug == slug).with_for_update(key_share=True)
    authority_id = db.scalar(statement)
    if authority_id is not None:
        lock_sites(db, authority_id)
    return authority_id
