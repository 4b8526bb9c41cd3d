"""Open bookings of another system become appointments: all of a file, or none.

The council's sites are locked while it runs, so what is free does not change under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.importing.clashes import Clash, ImportRefused
from booking.importing.csv_file import read_rows
from booking.importing.diagnosis import overlap, slot_key_of, visit_end, why_not
from booking.importing.old_booking import COLUMNS, NEEDED, OldBooking, read_booking
from booking.slot_tokens import SlotKey
from booking.tables import Appointment, OldReference
from booking.use_cases.book import Booking, book_in_transaction
from core.audit import Actor, record
from core.database import connection_of, table_of
from core.errors import CapacityConflict, Invalid, Reason, SlotTaken, TooFar, TooSoon
from core.runtime import Runtime
from core.tokens import content_mark, parse_reference
from locations.catalogue_queries import catalogue_by_id, lock_council
from locations.ids_by_slug import authority_id_of
from locations.model import Catalogue
from people.residents.details import check_reach

_INSERT = table_of(OldReference).insert()
_BY_REFERENCE = select(Appointment.id).where(Appointment.reference == bindparam("reference"))


@dataclass(frozen=True)
class ImportedAppointments:
    """What an import made: the old reference and ours of each; and how many bookings of the file were there already."""

    made: tuple[tuple[str, str], ...]
    known: int


def import_appointments(
    runtime: Runtime, content: bytes, slug: str, *, actor: Actor, is_told: bool = False, is_dry_run: bool = False
) -> ImportedAppointments:
    """What was made of the file's bookings. A dry run makes them, and takes all of it back.

    A booking whose old reference is known already, with the same content, is left as it is; so twice changes nothing.
    Raises: ImportRefused with all that is wrong; then nothing is changed. NotFound for a council that there is not.
    """
    rows, clashes = read_rows(content, list(COLUMNS), NEEDED)
    with runtime.database.writing_in_turn() as db:
        authority_id = lock_council(db, slug) or authority_id_of(db, slug)
        now = runtime.clock.database_now(db)
        catalogue = catalogue_by_id(db, authority_id)
        today = now.astimezone(ZoneInfo(catalogue.authority.zone)).date()
        read = [read_booking(row, today) for row in rows]
        bookings = [one for one in read if isinstance(one, OldBooking)]
        clashes += [clash for one in read if not isinstance(one, OldBooking) for clash in one]
        work = _Import(db, runtime, catalogue, now, actor, is_told=is_told)
        imported = work.run(bookings)
        clashes += work.clashes
        if clashes:
            raise ImportRefused(tuple(sorted(clashes)))
        if imported.made:
            subject, facts = ("authority", authority_id), {"appointments": len(imported.made), "told": is_told}
            record(db, actor, "appointments_imported", subject, authority_id=authority_id, now=now, facts=facts)
        if is_dry_run:
            db.rollback()
    return imported


class _Import:
    """One import, in the transaction of `db`, with the sites locked. `clashes` are what it could not make."""

    def __init__(
        self, db: Session, runtime: Runtime, catalogue: Catalogue, now: datetime, actor: Actor, *, is_told: bool
    ) -> None:
        self.db, self.runtime, self.catalogue, self.now, self.actor = db, runtime, catalogue, now, actor
        self._is_told = is_told
        self._placed: list[tuple[SlotKey, int, int]] = []  # slot, end and line of each booking that was made
        self.clashes: list[Clash] = []

    def run(self, bookings: Sequence[OldBooking]) -> ImportedAppointments:
        """Make an appointment of each booking that is not there yet."""
        known = self._known()
        made, were_known = list[tuple[str, str]](), 0
        lines: dict[str, int] = {}
        for booking in bookings:
            first_line = lines.setdefault(booking.key, booking.line)
            if first_line != booking.line:
                self._clash(booking, "reference", Reason("import_reference_twice", {"line": first_line}))
            elif booking.key in known:
                were_known += 1
                self._check_same(booking, known[booking.key])
            elif (reference := self._made(booking)) is not None:
                made.append((booking.reference, reference))
        return ImportedAppointments(tuple(made), were_known)

    def _known(self) -> dict[str, tuple[str, str]]:
        """The mark of what was imported, and our reference, by the key of the old one."""
        statement = (
            select(OldReference.key, OldReference.content_mark, Appointment.reference)
            .join(Appointment, Appointment.id == OldReference.appointment_id)
            .where(OldReference.authority_id == self.catalogue.authority.id)
        )
        return {row.key: (row.content_mark, row.reference) for row in self.db.execute(statement)}

    def _check_same(self, booking: OldBooking, known: tuple[str, str]) -> None:
        mark, reference = known
        marks = (content_mark(key, booking.content) for key in self.runtime.settings.secret_keys)
        if mark not in marks:
            self._clash(booking, "", Reason("import_changed_since", {"reference": reference}))

    def _made(self, booking: OldBooking) -> str | None:
        """Our reference of the appointment that was made, or None where there is a clash."""
        slot_key = slot_key_of(self.catalogue, booking)
        if not isinstance(slot_key, SlotKey):
            self._clash(booking, *slot_key)
            return None
        if self._is_ours(booking):
            self._clash(booking, "reference", Reason("import_reference_in_use"))
            return None
        try:
            check_reach(booking.mode, email=_email_of(booking), phone=_phone_of(booking))
            made = book_in_transaction(
                self.db, self.now, self.runtime, self._booking(booking, slot_key), actor=self.actor
            )
        except (SlotTaken, TooSoon, TooFar, CapacityConflict):
            self._clash(booking, *self._why_not(booking, slot_key))
            return None
        except Invalid as error:
            self.clashes += [
                Clash(booking.line, name, why) for name, reasons in error.errors.items() for why in reasons
            ]
            return None
        self._placed.append((slot_key, made.end_unit, booking.line))
        self._keep_reference(booking, made.appointment_id)
        return made.reference

    def _is_ours(self, booking: OldBooking) -> bool:
        """Whether the old reference is the reference of an appointment here, so that it would mean two."""
        ours = parse_reference(booking.reference)
        return ours is not None and self.db.scalar(_BY_REFERENCE, {"reference": ours}) is not None

    def _why_not(self, booking: OldBooking, slot_key: SlotKey) -> tuple[str, Reason]:
        needs = frozenset(booking.support_needs)
        end = visit_end(self.catalogue, slot_key, needs, self.now)
        rivals = [line for other, other_end, line in self._placed if overlap(slot_key, end, other, other_end)]
        return why_not(self.catalogue, slot_key, needs, self.now, rivals)

    def _booking(self, booking: OldBooking, slot_key: SlotKey) -> Booking:
        return Booking(
            authority_id=self.catalogue.authority.id,
            channel=booking.channel,
            resident=booking.resident,
            slot_key=slot_key,
            representative=booking.representative,
            support_needs=booking.support_needs,
            notes=booking.notes,
            imported_as=booking.reference,
            is_told=self._is_told,
        )

    def _keep_reference(self, booking: OldBooking, appointment_id: int) -> None:
        values = {
            "authority_id": self.catalogue.authority.id,
            "key": booking.key,
            "reference": booking.reference,
            "appointment_id": appointment_id,
            "content_mark": content_mark(self.runtime.settings.secret_key, booking.content),
            "imported_at": self.now,
        }
        connection_of(self.db).execute(_INSERT, values)

    def _clash(self, booking: OldBooking, column: str, reason: Reason) -> None:
        self.clashes.append(Clash(booking.line, column, reason))


def _email_of(booking: OldBooking) -> str:
    return booking.resident.email or (booking.representative.email if booking.representative else "")


def _phone_of(booking: OldBooking) -> str:
    return booking.resident.phone or (booking.representative.phone if booking.representative else "")
