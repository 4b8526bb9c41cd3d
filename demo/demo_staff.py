"""The demo's sign-ins. Only demo data has them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.audit import Actor
from locations.model import Catalogue
from people.staff.accounts import NewStaff, RoleScope, add_staff
from people.staff.policy import Role

LIBRARY = "golders-green"
SIGN_INS = (
    ("agent@demo.example", Role.TRIAGE_AGENT, "Tamsin Trial (demo agent)"),
    ("site@demo.example", Role.SITE_STAFF, "Desmond Demo (demo site staff)"),
    ("manager@demo.example", Role.SITE_MANAGER, "Maud Mockingham (demo manager)"),
    ("admin@demo.example", Role.AUTHORITY_ADMIN, "Ada Dummy (demo admin)"),
)


def add_demo_staff(db: Session, catalogue: Catalogue, password: str, now: datetime) -> int:
    """Add the four sign-ins. Returns the id of the triage agent. Site staff and manager belong to one library."""
    authority_id, library = catalogue.authority.id, catalogue.site(LIBRARY)
    ids = {}
    for email, role, name in SIGN_INS:
        site_id = library.id if role in (Role.SITE_STAFF, Role.SITE_MANAGER) else None
        new = NewStaff(email, role.value, RoleScope(authority_id, site_id), password, name)
        ids[role] = add_staff(db, new, actor=Actor.system(), now=now).id
    return ids[Role.TRIAGE_AGENT]
