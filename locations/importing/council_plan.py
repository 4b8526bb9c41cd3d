"""What a file says about a council, as plain values: columns of rows, and slugs for what they refer to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from locations.importing.toml_lines import Path
from locations.session_facts import ExceptionFacts


@dataclass(frozen=True)
class SessionPlan:
    """A session: columns of a template or, when `is_dated`, of a dated session; and what it opens, by slug."""

    slug: str | None
    is_dated: bool
    values: Mapping[str, Any]
    resources: tuple[str, ...]
    services: tuple[str, ...]
    exceptions: Mapping[date, ExceptionFacts]
    path: Path


@dataclass(frozen=True)
class ClosurePlan:
    """A half-open period; `resource` is the slug of what is shut or who is away, None for the whole site or authority.

    With a `service`, `topic` or `mode` only that is shut.
    """

    slug: str | None
    starts_at: datetime
    ends_at: datetime
    resource: str | None
    service: str | None
    topic: str
    mode: str
    reason: str
    path: Path


@dataclass(frozen=True)
class SitePlan:
    """A site's own columns, what stands in it, what opens it, and when it is shut.

    `resource_names` are what its sessions may call its own resources.
    """

    values: Mapping[str, Any]
    resources: tuple[Mapping[str, Any], ...]
    resource_names: frozenset[str]
    sessions: tuple[SessionPlan, ...]
    closures: tuple[ClosurePlan, ...]
    path: Path


@dataclass(frozen=True)
class PersonPlan:
    """An adviser or interpreter who works at several sites: the columns of the resource."""

    values: Mapping[str, Any]
    path: Path


@dataclass(frozen=True)
class TravelPlan:
    """The minutes between two sites, in both directions; `sites` are their slugs."""

    sites: frozenset[str]
    minutes: int
    path: Path


@dataclass(frozen=True)
class Plan:
    """Everything in a file. Mappings are columns of the rows that they become."""

    authority: Mapping[str, Any]
    services: tuple[Mapping[str, Any], ...]
    sites: tuple[SitePlan, ...]
    closures: tuple[ClosurePlan, ...]
    people: tuple[PersonPlan, ...]
    travel: tuple[TravelPlan, ...]
    wards: tuple[Mapping[str, Any], ...] = ()
    triages: tuple[Mapping[str, Any], ...] = ()
