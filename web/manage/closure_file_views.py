"""The list of a closure as a CSV file that no spreadsheet can be attacked with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from flask import Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.calendar.change_lines import change_lines
from booking.queries.closure_lists import ListedPerson, people_of
from booking.queries.rebook_lists import RebookList, list_of_misfits
from core.audit import record
from core.contact_values import grouped_phone
from core.spreadsheet_cells import BYTE_ORDER_MARK, safe_cell
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.channels.registry import confirming_channels
from reminders.reach import Reached
from reminders.reach_queries import reached_on
from web.labels import NEEDS, REBOOK_REASONS, REBOOK_STATES, label_of, labels_of, phone_of
from web.manage.closure_context import log_people, managed_closure, managed_sites
from web.manage.manage_blueprint import CLOSURE_PATH, MISFITS_PATH, blueprint
from web.message_labels import REACHES, message_reason
from web.page_context import StaffContext, staff_context
from web.request_language import all_of, current_language

MOST_IN_FILE = 10_000  # of each state


@blueprint.get(f"{CLOSURE_PATH}/list.csv")
@requires(Action.MANAGE_CLOSURES)
def closure_file(closure: int) -> ResponseReturnValue:
    """Everybody on the closure's list, who is due first first."""
    with staff_context() as context:
        shut = managed_closure(context, closure)
        return _file(context, shut.people, ("closure", shut.id), f"closure-{closure}")


@blueprint.get(f"{MISFITS_PATH}/list.csv")
@requires(Action.MANAGE_CLOSURES)
def misfits_file() -> ResponseReturnValue:
    """The same of those who do not fit the plan."""
    with staff_context() as context:
        listed = list_of_misfits(context.authority.id, managed_sites(context), context.now)
        return _file(context, listed, ("authority", context.authority.id), "to-rebook")


def _file(context: StaffContext, listed: RebookList, subject: tuple[str, int], name: str) -> Response:
    found = people_of(context.db, context.catalogue, listed, context.now, MOST_IN_FILE)
    people = sorted(
        (person for some in found.values() for person in some), key=lambda person: person.appointment.starts_at
    )
    log_people(context, "closure_export", [person.appointment for person in people], closure=listed.closure_id)
    action, council, now = "closure_list_exported", context.authority.id, context.now
    with context.runtime.database.writing() as db:
        record(db, context.actor, action, subject, authority_id=council, now=now, appointments=len(people))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    confirming = confirming_channels(context.runtime.settings, context.runtime.database)
    text = closure_csv(people, reached_on(context.db, listed, confirming), ZoneInfo(context.zone))
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


def closure_csv(people: Iterable[ListedPerson], reached: Mapping[int, Reached], zone: ZoneInfo) -> str:
    """The file: a heading, then a line for each person, in the times of `zone`."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_headings())
    for person in people:
        writer.writerow(safe_cell(value) for value in _values(person, reached.get(person.appointment.id), zone))
    return BYTE_ORDER_MARK + out.getvalue()


def _headings() -> tuple[str, ...]:
    return (
        _("Date"),
        _("Starts"),
        _("Reference"),
        _("Name"),
        _("Phone"),
        _("Contact wishes"),
        _("Service"),
        _("Support needs"),
        _("Why"),
        _("State"),
        _("Offered time"),
        _("Held until"),
        _("How it differs"),
        _("Reached"),
        _("Why not reached"),
    )


def _values(person: ListedPerson, reached: Reached | None, zone: ZoneInfo) -> tuple[str, ...]:
    view, phone, proposal = person.appointment, phone_of(person.appointment), person.proposal
    starts_at = view.starts_at.astimezone(zone)
    return (
        starts_at.date().isoformat(),
        f"{starts_at:%H:%M}",
        view.spoken_reference,
        view.resident.name,
        grouped_phone(phone.number),
        phone.advice,
        all_of(view.service_names),
        labels_of(NEEDS, view.support_needs),
        label_of(REBOOK_REASONS, person.reason),
        str(REBOOK_STATES[person.state]),
        f"{proposal.starts_at:%Y-%m-%d %H:%M}" if proposal else "",
        f"{proposal.answer_by:%Y-%m-%d %H:%M}" if proposal else "",
        "; ".join(change_lines(proposal.change, current_language())) if proposal and proposal.change else "",
        label_of(REACHES, reached.reach) if reached else "",
        message_reason(reached.reason) if reached else "",
    )
