"""The columns that say how the people of an appointment are reached, as `recipients.contacts_of` reads them."""

from __future__ import annotations

from sqlalchemy import Label, case, select

from booking.proposals.tables import Wish
from booking.tables import Appointment
from people.residents.mandate_columns import NOTED
from people.residents.tables import Representative, Resident


def _postal(person: type[Resident] | type[Representative], label: str) -> Label[str]:
    """Where a letter would arrive: at an address that is whole, and from which none has come back."""
    is_good = (person.address != "") & (person.postcode != "") & person.letter_returned_at.is_(None)
    return case((is_good, person.address + "\n" + person.postcode), else_="").label(label)


POSTAL_COLUMNS = (_postal(Resident, "resident_postal"), Resident.letter_format)
# How whoever acts is reached by post and by text, and what is noted of who may act.
ACTING_COLUMNS = (
    _postal(Representative, "acting_postal"),
    Representative.do_not_text.label("acting_do_not_text"),
    NOTED,
)
# None where mail to it has come back.
EMAIL = case((Resident.email_returned_at.is_(None), Resident.email), else_="").label("resident_email")
_OPEN_WISH = select(Wish.told_by).where(Wish.appointment_id == Appointment.id, Wish.closed_at.is_(None))
# What `contacts_of` needs of a row; the resident and the representative are joined.
CONTACT_COLUMNS = (
    Resident.name.label("resident_name"),
    EMAIL,
    Resident.phone.label("resident_phone"),
    *POSTAL_COLUMNS,
    Resident.contact_preference,
    Resident.do_not_text,
    Resident.leave_no_message,
    Resident.message_language,
    Resident.safe_hours,
    Appointment.mode,
    _OPEN_WISH.correlate(Appointment).scalar_subquery().label("earlier_by"),
    case((Appointment.contact_email_returned_at.is_(None), Appointment.contact_email), else_="").label("own_email"),
    Appointment.contact_phone.label("own_phone"),
    case((Appointment.contact_postal_returned_at.is_(None), Appointment.contact_postal), else_="").label("own_postal"),
    Appointment.contact_preference.label("own_preference"),
    Appointment.contact_leave_no_message.label("own_leave_no_message"),
    Appointment.earlier_emails,
    Representative.name.label("acting_name"),
    case((Representative.email_returned_at.is_(None), Representative.email), else_="").label("acting_email"),
    Representative.phone.label("acting_phone"),
    *ACTING_COLUMNS,
)
# Of an appointment: how its people are reached, and whether no service is named to them.
PEOPLE = (
    select(*CONTACT_COLUMNS, Resident.uses_neutral_name)
    .select_from(Appointment)
    .join(Resident, Resident.id == Appointment.resident_id)
    .outerjoin(Representative, Representative.id == Appointment.representative_id)
)
