"""The catalogues of this process: read with one statement for each request, and loaded again where a plan changed.

Every change to a plan raises `plan_version` of its authority or of its sites in the same transaction
(`locations.site_locks.bump_plan`). A request reads those few numbers and loads again only what changed; everything else
is the same object as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Pool, bindparam, select
from sqlalchemy.orm import Session

from core.database import connection_of
from core.errors import NotFound
from locations.model import AuthorityFacts, Catalogue
from locations.plan_queries import (
    authority_facts,
    load_authority,
    load_people,
    load_services,
    load_sites,
    load_travel,
)
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
