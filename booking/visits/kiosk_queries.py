"""What somebody types or scans at a kiosk, and whose appointment it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.queries.appointments import by_id, of_site_day
from booking.queries.link_tokens import by_manage_token, by_short_token
from core.errors import NotFound
from locations.model import Catalogue, SiteFacts
from people.residents.name_parts import has_name_part

# The end of the address in a message, which its QR code holds and a scanner types.
_LINK = re.compile(r"/(manage|s)/([A-Za-z0-9_-]{4,100})/?\s*$")


def typed_reference(db: Session, catalogue: Catalogue, secret_keys: Sequence[str], typed: str) -> str:
    """The reference that was typed, or that of the appointment whose link was scanned. Raises: NotFound for a link."""
    link = _LINK.search(typed)
    if link is None:
        return typed
    kind, token = link.groups()
    found = by_manage_token(db, token) if kind == "manage" else by_short_token(db, secret_keys, token)
    authority_id, appointment_id = found
    if authority_id != catalogue.authority.id:
        raise NotFound.because("link_unknown")
    return by_id(db, catalogue, appointment_id).reference


def reference_at(db: Session, catalogue: Catalogue, site: SiteFacts, today: date, *, surname: str, starts: time) -> str:
    """The reference of whoever of this name has an appointment at this time today. Raises: NotFound unless it is one."""
    zone = ZoneInfo(catalogue.authority.zone)
    found = {
        view.resident.id: view.reference
        for view in of_site_day(db, catalogue, site.id, today)
        if view.starts_at.astimezone(zone).time() == starts and has_name_part(view.resident.name, surname)
    }
    if len(found) != 1:
        raise NotFound.because("appointment_unknown")
    return next(iter(found.values()))
