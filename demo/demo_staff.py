"""The demo's sign-ins. Only demo data has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.audit import Actor
from locations.model import Catalogue
from people.staff.accounts import NewStaff, RoleScope, add_staff
from people.staff.policy import Role

_ROLES = (Role.TRIAGE_AGENT, Role.SITE_STAFF, Role.SITE_MANAGER, Role.AUTHORITY_ADMIN)
_AT_A_SITE = (Role.SITE_STAFF, Role.SITE_MANAGER)


@dataclass(frozen=True)
class DemoStaff:
    """The four sign-ins of a demo council: email and name of each, by role. Site staff and manager belong to one site."""

    site: str
    people: tuple[tuple[str, str], ...]

    @property
    def by_role(self) -> tuple[tuple[Role, str, str], ...]:
        """The role, the email and the name of each."""
        return tuple((role, *one) for role, one in zip(_ROLES, self.people, strict=True))


# By the slug of the council.
STAFF: Mapping[str, DemoStaff] = {
    "barnet": DemoStaff(
        "golders-green",
        (
            ("agent@demo.example", "Tamsin Trial (demo agent)"),
            ("site@demo.example", "Desmond Demo (demo site staff)"),
            ("manager@demo.example", "Maud Mockingham (demo manager)"),
            ("admin@demo.example", "Ada Dummy (demo admin)"),
        ),
    ),
    "aberwyn": DemoStaff(
        "county-hall",
        (
            ("agent.aberwyn@demo.example", "Tegwen Treial (demo agent)"),
            ("site.aberwyn@demo.example", "Deiniol Demo (demo site staff)"),
            ("manager.aberwyn@demo.example", "Mabli Ffug (demo manager)"),
            ("admin.aberwyn@demo.example", "Alun Esgus (demo admin)"),
        ),
    ),
}
SIGN_INS = tuple(email for staff in STAFF.values() for email, _name in staff.people)


def add_demo_staff(db: Session, catalogue: Catalogue, password: str, now: datetime) -> int | None:
    """Add the four sign-ins of the council, if it has any. Returns the id of its triage agent."""
    staff, authority_id, agent_id = STAFF.get(catalogue.authority.slug), catalogue.authority.id, None
    for role, email, name in staff.by_role if staff else ():
        site_id = catalogue.site(staff.site).id if staff and role in _AT_A_SITE else None
        new = NewStaff(email, role.value, RoleScope(authority_id, site_id), password, name)
        added = add_staff(db, new, actor=Actor.system(), now=now).id
        agent_id = added if role is Role.TRIAGE_AGENT else agent_id
    return agent_id
