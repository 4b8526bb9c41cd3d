"""Closures that meet: what is shut already at the place and time of another closure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

from booking.queries.closure_lists import ClosureView, closures_of
from booking.use_cases.make_closure import NewClosure
from locations.model import SiteFacts
from web.manage.closure_context import managed_sites
from web.manage.closure_pages import ClosureLine, closure_line
from web.page_context import StaffContext


@dataclass(frozen=True)
class Scope:
    """What is shut, by what can be compared; what is empty leaves nothing out. Two people may have one name."""

    site: str
    resource: int | None
    service: str
    topic: str
    mode: str

    def covers(self, other: Scope) -> bool:
        """Whether everything of the other is shut by this."""
        return all(not mine or mine == theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True))

    def meets(self, other: Scope) -> bool:
        """Whether something is shut by both."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return all(not mine or not theirs or mine == theirs for mine, theirs in pairs)


@dataclass(frozen=True)
class ShutAlready:
    """Another closure, and whether whoever looks may open it."""

    line: ClosureLine
    may_open: bool


@dataclass(frozen=True)
class Covering:
    """A closure that shuts all of what somebody wants to shut; `is_same` when it shuts nothing else."""

    id: int
    is_same: bool


def scope_of(closure: ClosureView) -> Scope:
    """What the closure shuts."""
    site, service = closure.site, closure.service
    topic = closure.topic or (service.topic if service else "")
    return Scope(site.slug if site else "", closure.resource_id, service.slug if service else "", topic, closure.mode)


def scope_of_new(context: StaffContext, site: SiteFacts | None, new: NewClosure) -> Scope:
    """What the closure would shut."""
    resources = site.resources if site else context.catalogue.people
    resource = next((one.id for one in resources if one.slug == new.resource), None)
    service = context.catalogue.service(new.service) if new.service else None
    return Scope(new.site or "", resource, new.service or "", new.topic or (service.topic if service else ""), new.mode)


def closure_that_covers(context: StaffContext, scope: Scope, starts_at: datetime, ends_at: datetime) -> Covering | None:
    """A closure, of what they may shut, that shuts all of this already; or None."""
    found = closures_of(context.db, context.catalogue, context.now, managed_sites(context))
    for one in found:
        own = scope_of(one)
        if own.covers(scope) and one.starts_at <= starts_at and one.ends_at >= ends_at:
            return Covering(one.id, (own, one.starts_at, one.ends_at) == (scope, starts_at, ends_at))
    return None


def closures_that_meet(
    context: StaffContext, scope: Scope, starts_at: datetime, ends_at: datetime, *, without: int | None = None
) -> tuple[ShutAlready, ...]:
    """The other closures that shut some of this already."""
    managed = managed_sites(context)
    found: Iterable[ClosureView] = closures_of(context.db, context.catalogue, context.now, None)
    return tuple(
        ShutAlready(
            closure_line(one, context.authority.name, context.zone),
            managed is None or (one.site is not None and one.site.id in managed),
        )
        for one in found
        if one.id != without and scope_of(one).meets(scope) and one.starts_at < ends_at and one.ends_at > starts_at
    )
