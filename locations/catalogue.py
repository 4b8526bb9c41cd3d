"""A council's places and services, kept in this process and checked with one statement for each request.

Every change to a plan raises `plan_version` of its authority or of its sites in the same transaction (`bump_plan`).
A request reads those few numbers and loads again only what moved; everything else is the same object as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Pool, bindparam, select, update
from sqlalchemy.orm import Session

from core.database import connection_of
from core.errors import NotFound
from locations.model import (
    AuthorityFacts,
    ClosureFacts,
    DatedSessionFacts,
    RecurrenceFacts,
    RequirementFacts,
    ResourceFacts,
    ServiceFacts,
    SiteFacts,
    TriageQuestion,
)
from locations.plan_queries import authority_facts, load_authority, load_services, load_sites
from locations.tables import Authority, Site

__all__ = [
    "AuthorityFacts",
    "Catalogue",
    "ClosureFacts",
    "DatedSessionFacts",
    "RecurrenceFacts",
    "RequirementFacts",
    "ResourceFacts",
    "ServiceFacts",
    "SiteFacts",
    "TriageQuestion",
    "authorities",
    "bump_plan",
    "catalogue_by_id",
    "catalogue_of",
    "catalogue_while_locked",
    "last_known_catalogue",
    "lock_sites",
]

PLAN_IS_CHANGING = "plan_is_changing"


@dataclass(frozen=True, eq=False)
class Catalogue:
    """An authority with all its services and sites, each in the order in which people read them."""

    authority: AuthorityFacts
    services: tuple[ServiceFacts, ...]
    sites: tuple[SiteFacts, ...]
    _by: dict[tuple[str, int | str], Any] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for kind, facts in (("service", self.services), ("site", self.sites)):
            for fact in facts:
                self._by[kind, fact.id] = self._by[kind, fact.slug] = fact

    def service(self, slug: str) -> ServiceFacts:
        """The service of this slug. Raises: NotFound."""
        found: ServiceFacts = self._find("service", slug)
        return found

    def service_by_id(self, service_id: int) -> ServiceFacts:
        """The service of this id. Raises: NotFound."""
        found: ServiceFacts = self._find("service", service_id)
        return found

    def site(self, slug: str) -> SiteFacts:
        """The site of this slug. Raises: NotFound."""
        found: SiteFacts = self._find("site", slug)
        return found

    def site_by_id(self, site_id: int) -> SiteFacts:
        """The site of this id. Raises: NotFound."""
        found: SiteFacts = self._find("site", site_id)
        return found

    def version_of(self, site_id: int) -> int | None:
        """The plan version of the site of this id, or None when it is not here."""
        site: SiteFacts | None = self._by.get(("site", site_id))
        return site.plan_version if site else None

    def _find(self, kind: str, key: int | str) -> Any:
        try:
            return self._by[kind, key]
        except KeyError as error:
            raise NotFound(f"{self.authority.name} has no {kind} {key!r}.") from error


def catalogue_of(db: Session, slug: str) -> Catalogue:
    """The catalogue of the authority of this slug; one statement when nothing changed. Raises: NotFound."""
    return _current(db, _read(db, _VERSIONS_BY_SLUG, slug))


def catalogue_by_id(db: Session, authority_id: int) -> Catalogue:
    """The catalogue of the authority of this id; one statement when nothing changed. Raises: NotFound."""
    return _current(db, _read(db, _VERSIONS_BY_ID, authority_id))


def last_known_catalogue(db: Session, authority_id: int) -> Catalogue:
    """The catalogue as this process last saw it: to name what was just booked, not to decide anything. Raises: NotFound."""
    return _kept_by(db).get(authority_id) or catalogue_by_id(db, authority_id)


def catalogue_while_locked(db: Session, authority_id: int, site_ids: Iterable[int]) -> Catalogue:
    """The catalogue, while these sites' rows are locked for sharing, by ascending id; their plans cannot change meanwhile.

    One statement when nothing changed at these sites; of the others it may be a little old. Raises: NotFound.
    """
    wanted = sorted(set(site_ids))
    db.flush()
    rows = connection_of(db).execute(_LOCKED, {"authority": authority_id, "sites": wanted}).all()
    if [row[0] for row in rows] != wanted:
        raise NotFound("There is no such place.")
    known = None if db.info.get(PLAN_IS_CHANGING) else _kept_by(db).get(authority_id)
    if known is None or any(
        known.authority.plan_version != authority_version or known.version_of(site_id) != version
        for site_id, version, authority_version in rows
    ):
        return catalogue_by_id(db, authority_id)
    return known


def authorities(db: Session) -> tuple[AuthorityFacts, ...]:
    """Every authority, by name."""
    return tuple(authority_facts(row) for row in db.scalars(select(Authority).order_by(Authority.name, Authority.id)))


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


# Plain tables, without the mapper: every request begins with one of these.
_authorities, _sites = Authority.__table__, Site.__table__


def _versions(where: ColumnElement[bool]) -> Any:
    return (
        select(_authorities.c.id, _authorities.c.plan_version, _sites.c.id, _sites.c.plan_version)
        .select_from(_authorities.outerjoin(_sites, _sites.c.authority_id == _authorities.c.id))
        .where(where)
    )


_VERSIONS_BY_SLUG = _versions(_authorities.c.slug == bindparam("wanted"))
_VERSIONS_BY_ID = _versions(_authorities.c.id == bindparam("wanted"))


_LOCKED = (
    select(_sites.c.id, _sites.c.plan_version, _authorities.c.plan_version)
    .join_from(_sites, _authorities, _authorities.c.id == _sites.c.authority_id)
    .where(_sites.c.id.in_(bindparam("sites", expanding=True)), _sites.c.authority_id == bindparam("authority"))
    .order_by(_sites.c.id)
    .with_for_update(read=True, of=_sites)
)


def _read(db: Session, versions: Any, wanted: str | int) -> Sequence[Any]:
    db.flush()  # what this transaction has changed counts
    return connection_of(db).execute(versions, {"wanted": wanted}).all()


# By connection pool: one for each database that this process has open, and gone with it.
_kept: WeakKeyDictionary[Pool, dict[int, Catalogue]] = WeakKeyDictionary()


def _kept_by(db: Session) -> dict[int, Catalogue]:
    return _kept.setdefault(db.get_bind().engine.pool, {})


def _current(db: Session, versions: Sequence[Any]) -> Catalogue:
    if not versions:
        raise NotFound("There is no such council here.")
    authority_id, authority_version = versions[0][0], versions[0][1]
    wanted = {site_id: version for _, _, site_id, version in versions if site_id is not None}
    if db.info.get(PLAN_IS_CHANGING):  # may yet be rolled back: nobody else may see it
        return _loaded(db, authority_id, wanted, None)
    kept = _kept_by(db)
    known = kept.get(authority_id)
    if known is None or known.authority.plan_version != authority_version:
        known = kept[authority_id] = _loaded(db, authority_id, wanted, None)
    elif {site.id: site.plan_version for site in known.sites} != wanted:
        known = kept[authority_id] = _loaded(db, authority_id, wanted, known)
    return known


def _loaded(db: Session, authority_id: int, wanted: dict[int, int], known: Catalogue | None) -> Catalogue:
    """The catalogue, with those sites of `known` that did not change; all afresh when it is None."""
    authority = known.authority if known else load_authority(db, authority_id)
    services = known.services if known else load_services(db, authority)
    same = [site for site in known.sites if wanted.get(site.id) == site.plan_version] if known else []
    missing = sorted(wanted.keys() - {site.id for site in same})
    sites = sorted([*same, *load_sites(db, authority, missing)], key=lambda site: (site.name, site.id))
    return Catalogue(authority, services, tuple(sites))
