"""Whom somebody may see and change among the staff of their council, and which roles they may give. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from people.staff.policy import SITE_ROLES, Grant, Role

# What a site manager gives and takes away. Who manages others is for administrators to say.
GIVEN_BY_MANAGERS = frozenset({Role.SITE_STAFF, Role.ADVISER})


@dataclass(frozen=True)
class Reach:
    """How far somebody manages colleagues: everybody, or those who work at `sites` (None means all of the council)."""

    is_admin: bool
    sites: frozenset[int] | None = frozenset()

    def may_give(self, role: Role, site_id: int | None) -> bool:
        """Whether they give and take away this role at this site, or (None) across the authority."""
        if self.is_admin:
            return True
        return role in GIVEN_BY_MANAGERS and (self.sites is None or site_id in self.sites)

    def sees(self, roles: Iterable[Grant]) -> bool:
        """Whether a colleague with `roles` is one of theirs, in part at least."""
        return self.is_admin or any(self.may_give(grant.role, grant.site_id) for grant in roles)

    def manages(self, roles: Collection[Grant]) -> bool:
        """Whether a colleague with `roles` is theirs alone: whoever gives out an account's password could use all of it."""
        return self.is_admin or (bool(roles) and all(self.may_give(grant.role, grant.site_id) for grant in roles))

    def roles(self) -> tuple[Role, ...]:
        """The roles that they may give, those of sites first."""
        known = sorted(Role, key=lambda role: (role not in GIVEN_BY_MANAGERS, role not in SITE_ROLES))
        return tuple(role for role in known if self.is_admin or role in GIVEN_BY_MANAGERS)


def reach_of(roles: Iterable[Grant]) -> Reach:
    """How far somebody with `roles` manages colleagues."""
    held = tuple(roles)
    managed = [grant.site_id for grant in held if grant.role is Role.SITE_MANAGER]
    is_admin = any(grant.role is Role.AUTHORITY_ADMIN for grant in held)
    if is_admin or None in managed:
        return Reach(is_admin, None)
    return Reach(is_admin=False, sites=frozenset(site_id for site_id in managed if site_id is not None))
