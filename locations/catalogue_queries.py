"""The catalogues of this process: read with one statement for each request, and loaded again where a plan changed.

Every change to a plan raises `plan_version` of its authority or of its sites in the same transaction (`bump_plan`). A
request reads those few numbers and loads again only what changed; everything else is the same object as before.

A booking shares the locks on the rows of its sites, a change of the plan has them alone. Everybody locks sites by ascending
id, so that two transactions cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Pool, bindparam, select, update
from sqlalchemy.orm import Session

from core.database import connection_of
from core.errors import NotFound
from locations.model import AuthorityFacts, Catalogue
from locations.plan_queries import (
    authority_facts,
    load_authority,
    load_people,
    load_sites,
    load_travel,
)
from locations.service_queries import load_services
from locations.tables import Authority, Site
from locations.travel import TravelTimes

PLAN_IS_CHANGING = "plan_is_changing"  # in Session.info, from the first change of a plan on


def catalogue_of(db: Session, slug: str) -> Catalogue:
    """The catalogue of the authority of this slug; one statement when nothing changed. Raises: NotFound."""
    return _current(db, _read(db, _VERSIONS_BY_SLUG, slug))


def catalogue_by_id(db: Session, authority_id: int) -> Catalogue:
    """The catalogue of the authority of this id; one statement when nothing changed. Raises: NotFound."""
    return _current(db, _read(db, _VERSIONS_BY_ID, authority_id))


def cached_catalogue(db: Session, authority_id: int) -> Catalogue:
    """The catalogue as this process last read it, perhaps out of date: for names, not for decisions. Raises: NotFound."""
    return _cache_of(db).get(authority_id) or catalogue_by_id(db, authority_id)


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


def authorities(db: Session) -> tuple[AuthorityFacts, ...]:
    """Every authority, by name."""
    return tuple(authority_facts(row) for row in db.scalars(select(Authority).order_by(Authority.name, Authority.id)))


# Plain tables, without the mapper: every request begins with one of these.
_authorities, _sites = Authority.__table__, Site.__table__


def _versions(where: ColumnElement[bool]) -> Any:
    return (
        select(_authorities.c.id, _authorities.c.plan_version, _sites.c.id, _sites.c.plan_version)
        .select_from(_authorities.outerjoin(_sites, _sites.c.authority_id == _authorities.c.id))
        .where(where)
    )


_VERSIONS_BY_SLUG = _versions(_authorities.c.slug == bindparam("authority"))
_VERSIONS_BY_ID = _versions(_authorities.c.id == bindparam("authority"))
_LOCKED = (
    select(_sites.c.id, _sites.c.plan_version, _authorities.c.plan_version)
    .join_from(_sites, _authorities, _authorities.c.id == _sites.c.authority_id)
    .where(_sites.c.id.in_(bindparam("sites", expanding=True)), _sites.c.authority_id == bindparam("authority"))
    .order_by(_sites.c.id)
    .with_for_update(read=True, of=_sites)
)


def _read(db: Session, versions: Any, authority: str | int) -> Sequence[Any]:
    db.flush()  # what this transaction has changed counts
    return connection_of(db).execute(versions, {"authority": authority}).all()


# By connection pool: one for each database that this process has open, and gone with it.
_caches: WeakKeyDictionary[Pool, dict[int, Catalogue]] = WeakKeyDictionary()


def _cache_of(db: Session) -> dict[int, Catalogue]:
    return _caches.setdefault(db.get_bind().engine.pool, {})


def _current(db: Session, versions: Sequence[Any]) -> Catalogue:
    if not versions:
        raise NotFound.because("council_unknown")
    authority_id, authority_version = versions[0][0], versions[0][1]
    site_versions = {site_id: version for _, _, site_id, version in versions if site_id is not None}
    if db.info.get(PLAN_IS_CHANGING):  # may yet be rolled back: nobody else may see it
        return _loaded(db, authority_id, site_versions, None)
    cache = _cache_of(db)
    known = cache.get(authority_id)
    if known is None or known.authority.plan_version != authority_version:
        known = cache[authority_id] = _loaded(db, authority_id, site_versions, None)
    elif {site.id: site.plan_version for site in known.sites} != site_versions:
        known = cache[authority_id] = _loaded(db, authority_id, site_versions, known)
    return known


def _loaded(db: Session, authority_id: int, site_versions: dict[int, int], known: Catalogue | None) -> Catalogue:
    """The catalogue, with those sites of `known` that did not change; all is loaded when it is None."""
    authority = known.authority if known else load_authority(db, authority_id)
    services = known.services if known else load_services(db, authority)
    same = [site for site in known.sites if site_versions.get(site.id) == site.plan_version] if known else []
    missing = sorted(site_versions.keys() - {site.id for site in same})
    sites = sorted([*same, *load_sites(db, authority, missing)], key=lambda site: (site.name, site.id))
    people = known.people if known else load_people(db, authority)
    travel = TravelTimes(sites, known.travel.given if known else load_travel(db, authority))
    return Catalogue(authority, services, tuple(sites), people, travel)


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
