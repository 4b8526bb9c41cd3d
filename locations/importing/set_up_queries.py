"""A council's rows as a set-up that can be compared with a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from locations.importing.difference import Key, Kind, SetUp, Values, resource_key, session_key, travel_key
from locations.importing.toml_fields import TRANSLATIONS
from locations.session_facts import ExceptionFacts
from locations.tables import (
    Authority,
    Closure,
    DatedSession,
    Resource,
    Service,
    SessionException,
    SessionResource,
    SessionService,
    SessionTemplate,
    Site,
    TravelTime,
)
from locations.triage.tables import Triage
from locations.wards.tables import Ward


@dataclass(frozen=True)
class StoredSetUp:
    """What a council has in the database: as comparable values, and the mapped rows by the same keys."""

    values: SetUp
    rows: Mapping[Key, Any]


@dataclass(frozen=True)
class Rows:
    """The mapped rows of a council by key, those that are being added included."""

    by_key: dict[Key, Any]

    @property
    def council(self) -> Authority:
        """The council's own row."""
        council: Authority = next(row for key, row in self.by_key.items() if key.kind == "council")
        return council

    def site_id(self, slug: str | None) -> int | None:
        """The id of the site of this slug; None for the whole council."""
        return None if slug is None else int(self.by_key[Key("site", (slug,))].id)

    def service_id(self, slug: str | None) -> int | None:
        """The id of the service of this slug; None for all services."""
        return None if slug is None else int(self.by_key[Key("service", (slug,))].id)

    def resource_id(self, key: Key | None) -> int | None:
        """The id of the resource or person of this key; None for the whole site or council."""
        return None if key is None else int(self.by_key[key].id)


def stored_set_up(db: Session, authority_id: int | None) -> StoredSetUp:
    """The set-up of the authority; an empty one for a council that is not there yet (None)."""
    if authority_id is None:
        return StoredSetUp({}, {})
    return _Reader(db, authority_id).read()


class _Reader:
    """Reads the rows of one council; `keys` are those of the rows read so far, by table and id."""

    def __init__(self, db: Session, authority_id: int) -> None:
        self.db, self.authority_id = db, authority_id
        self.values: dict[Key, Values] = {}
        self.rows: dict[Key, Any] = {}
        self.keys: dict[tuple[type[Any], int | None], Key] = {}

    def read(self) -> StoredSetUp:
        """Everything, so that what is referred to comes first."""
        authority = self.db.get_one(Authority, self.authority_id)
        self._note(Key("council", (authority.slug,)), authority)
        for ward in self._all(Ward):
            self._note(Key("ward", (ward.slug,)), ward)
        for service in self._all(Service):
            self._note(Key("service", (service.slug,)), service)
        for site in self._all(Site):
            self._note(Key("site", (site.slug,)), site)
        for resource in self._all(Resource):
            self._note(resource_key(self._site(resource.site_id), resource.slug), resource)
        for travel in self._all(TravelTime):
            sites = (self.keys[Site, id_].slugs[0] for id_ in (travel.first_site_id, travel.second_site_id))
            self._note(travel_key(sites), travel)
        for triage in self._all(Triage):
            self._note(Key("triage", (triage.slug,)), triage)
        self._read_sessions()
        for row in self._all(Closure):
            if row.lifted_at is not None:
                continue
            resource_at = self.keys.get((Resource, row.resource_id))
            service = None if row.service_id is None else self.keys[Service, row.service_id].slugs[0]
            site = self._site(row.site_id)
            self._note(Key("closure", (row.slug,)), row, site=site, resource=resource_at, service=service)
        return StoredSetUp(self.values, self.rows)

    def _note(self, key: Key, row: Any, **references: Any) -> None:
        self.values[key], self.rows[key] = _with_translations(key.kind, _columns(row)) | references, row
        self.keys[type(row), row.id] = key

    def _site(self, site_id: int | None) -> str | None:
        return None if site_id is None else self.keys[Site, site_id].slugs[0]

    def _all(self, table: Any) -> Sequence[Any]:
        statement = select(table).where(table.authority_id == self.authority_id).order_by(table.id)
        return self.db.scalars(statement).all()

    def _read_sessions(self) -> None:
        resources = self._links(SessionResource, SessionResource.resource_id, Resource)
        services = self._links(SessionService, SessionService.service_id, Service)
        exceptions = self._exceptions()
        for table in (SessionTemplate, DatedSession):
            is_dated = table is DatedSession
            for row in self._all(table):
                key = session_key(self.keys[Site, row.site_id].slugs[0], row.slug, is_dated=is_dated)
                opened = {
                    "resources": tuple(resources[table, row.id]),
                    "services": tuple(service.slugs[0] for service in services[table, row.id]),
                }
                more = {} if is_dated else {"exceptions": dict(exceptions[row.id])}
                self._note(key, row, **opened, **more)

    def _links(self, table: Any, linked: Any, target: Any) -> Mapping[tuple[type[Any], int], list[Key]]:
        """The keys of what each session opens, in the order in which they were written."""
        statement = (
            select(table.template_id, table.dated_session_id, linked)
            .join(target, target.id == linked)
            .where(target.authority_id == self.authority_id)
            .order_by(table.id)
        )
        links: dict[tuple[type[Any], int], list[Key]] = defaultdict(list)
        for template_id, dated_id, linked_id in self.db.execute(statement):
            owner = (DatedSession, dated_id) if template_id is None else (SessionTemplate, template_id)
            links[owner].append(self.keys[target, linked_id])
        return links

    def _exceptions(self) -> Mapping[int, dict[date, ExceptionFacts]]:
        statement = (
            select(SessionException)
            .join(SessionTemplate, SessionTemplate.id == SessionException.template_id)
            .where(SessionTemplate.authority_id == self.authority_id)
        )
        exceptions: dict[int, dict[date, ExceptionFacts]] = defaultdict(dict)
        for row in self.db.scalars(statement):
            exceptions[row.template_id][row.date] = ExceptionFacts(row.starts, row.ends, row.reason)
        return exceptions


def _with_translations(kind: Kind, columns: dict[str, Any]) -> dict[str, Any]:
    """The columns with each translation under its own key, empty where there is none, as the file has them."""
    kept = columns.pop("translations", {})
    return columns | {key: kept.get(key, [] if is_list else "") for key, is_list in TRANSLATIONS.get(kind, {}).items()}


def _columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
