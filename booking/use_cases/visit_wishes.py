"""How somebody who books online wants to hear of this visit, where a record that they have already says it otherwise."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.audit import Actor
from core.contact_values import postal_of
from core.database import connection_of, table_of
from people.residents.details import ResidentDetails
from people.residents.resident_repository import Identified
from people.residents.tables import Resident

_residents = table_of(Resident).c
_KNOWN = select(
    _residents.address, _residents.postcode, _residents.contact_preference, _residents.leave_no_message
).where(_residents.id == bindparam("resident"))


def visit_wishes(db: Session, person: ResidentDetails | int, who: Identified, actor: Actor) -> dict[str, Any]:
    """The values of the appointment's own contact columns that differ from the record: nobody has proved that it is theirs.

    So the record stays, and the other visits of that person are told of as before.
    """
    if actor.kind != "resident" or isinstance(person, int) or who.id not in who.same:
        return {}
    known = connection_of(db).execute(_KNOWN, {"resident": who.id}).one()
    wishes: dict[str, Any] = {}
    if person.contact_preference != known.contact_preference:
        wishes["contact_preference"] = person.contact_preference
    if person.leave_no_message and not known.leave_no_message:
        wishes["contact_leave_no_message"] = True
    if person.postal and person.postal != postal_of(known.address, known.postcode):
        wishes["contact_postal"] = person.postal
    return wishes
