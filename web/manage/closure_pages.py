"""What the pages of closures say: what is shut and when, and a row for each person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from booking.calendar.change_lines import change_lines
from booking.queries.appointments import AppointmentView
from booking.queries.closure_lists import ClosureView, ListedPerson
from booking.queries.open_proposals import OpenProposal
from booking.queries.previewed_times import PreviewedTime
from booking.rebooking import RebookState
from booking.use_cases.closures import BY_CLOSURE
from locations.model import AuthorityFacts
from locations.session_facts import FROM_OUTSIDE
from reminders.reach_queries import can_be_told
from web.labels import MODES, NEEDS, REBOOK_REASONS, REBOOK_STATES, ContactLine, label_of, labels_of, phone_of
from web.language_labels import language_besides_english
from web.manage.closure_forms import is_midnight
from web.manage.turn_texts import turn_texts
from web.page_context import StaffContext
from web.request_language import all_of, current_language, format_day, format_moment, format_moment_short
from web.told import ToldLine

ONE_MINUTE = timedelta(minutes=1)
NO_TURNS: Mapping[int, str] = MappingProxyType({})
NOT_TOLD: Mapping[int, tuple[ToldLine, ...]] = MappingProxyType({})
NO_TIMES: Mapping[int, PreviewedTime] = MappingProxyType({})


@dataclass(frozen=True)
class ClosureLine:
    """A closure in words: what is shut, when, and why."""

    id: int
    what: str
    when: str
    reason: str


@dataclass(frozen=True)
class PersonRow:
    """Somebody whom a closure touches. `reached` says how they are told; `other_time` what is held for them, if anything.

    `turn` says in which order other times are given out, and why, and `told` who is told when they take `other_time`.
    """

    appointment_id: int
    reference: str
    spoken_reference: str
    resident_id: int
    name: str
    title: str
    due: str
    services: str
    needs: str
    language: str
    phone: ContactLine
    must_not_be_contacted: bool
    stamp: str
    reached: str = ""
    reason: str = ""
    state: str = ""
    other_time: str = ""
    proposal_key: str = ""
    turn: str = ""
    told: tuple[ToldLine, ...] = ()


def closure_line(closure: ClosureView, council: str, zone: str) -> ClosureLine:
    """The closure in words, in the times of `zone`."""
    parts = [
        closure.site.name if closure.site else council,
        closure.resource_name,
        closure.service.name if closure.service else "",
        closure.topic,
        label_of(MODES, closure.mode) if closure.mode else "",
    ]
    when = period_text(closure.starts_at, closure.ends_at, zone)
    reason = str(_("Busy elsewhere")) if closure.source == FROM_OUTSIDE else closure.reason
    return ClosureLine(closure.id, ", ".join(part for part in parts if part), when, reason)


def period_text(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """ "Monday 23 November 2026 at 8:40am to the end of Tuesday 24 November 2026"."""
    first, last = (at.astimezone(ZoneInfo(zone)) for at in (starts_at, ends_at))
    if is_midnight(last):
        last_day = (ends_at - ONE_MINUTE).astimezone(ZoneInfo(zone)).date()
        if is_midnight(first) and first.date() == last_day:
            return str(_("All day on %(day)s", day=format_day(last_day)))
        end = format_day(last_day)
        return str(_("%(start)s to the end of %(end)s", start=format_moment(first), end=end))
    return str(_("%(start)s to %(end)s", start=format_moment(first), end=format_moment(last)))


def preview_rows(
    context: StaffContext, views: Sequence[AppointmentView], times: Mapping[int, PreviewedTime] = NO_TIMES
) -> list[PersonRow]:
    """A row for each appointment that would be affected, with how whoever has it would be told, and of which time."""
    turns = turn_texts(views, context.now)
    return [
        _row(view, reached=_reached(context, view), turn=turns[view.id], other_time=_previewed(times.get(view.id)))
        for view in views
    ]


def terms_text(council: AuthorityFacts) -> str:
    """How another time is looked for, and who is rung instead: what the council has said in its set-up."""
    miles, held, notice = council.rebook_within_miles, council.rebook_answer_hours, council.rebook_notice_hours
    texts = [
        ngettext(
            "Another time is looked for at the same place and up to %(num)d mile from it.",
            "Another time is looked for at the same place and up to %(num)d miles from it.",
            miles,
        )
        if miles
        else str(_("Another time is looked for at the same place.")),
        ngettext(
            "It is held for %(num)d hour, and until two hours before it at the latest.",
            "It is held for %(num)d hours, and until two hours before it at the latest.",
            held,
        ),
    ]
    if notice:
        texts.append(
            ngettext(
                "Who would have come within %(num)d hour is rung.",
                "Who would have come within %(num)d hours is rung.",
                notice,
            )
        )
    return " ".join(texts)


def _previewed(found: PreviewedTime | None) -> str:
    if found is None:
        return ""
    time = str(_("%(time)s at %(site)s", time=format_moment_short(found.starts_at), site=found.site.name))
    return ". ".join([time, *change_lines(found.change, current_language())])


def listed_rows(
    people: Iterable[ListedPerson],
    *,
    is_seeking: bool,
    turns: Mapping[int, str] = NO_TURNS,
    told: Mapping[int, tuple[ToldLine, ...]] = NOT_TOLD,
) -> list[PersonRow]:
    """A row for each person on the list of a closure."""
    return [
        _row(
            person.appointment,
            reason="" if person.reason == BY_CLOSURE else label_of(REBOOK_REASONS, person.reason),
            state=str(REBOOK_STATES[person.state]),
            other_time=_other_time(person, is_seeking=is_seeking),
            proposal_key=_key_of(person.proposal) if person.proposal else "",
            turn=turns.get(person.appointment.id, ""),
            told=told.get(person.appointment.id, ()),
        )
        for person in people
    ]


def time_key(site_id: int, start_unit: int) -> str:
    """What tells one time at a place from another."""
    return f"{site_id}-{start_unit}"


def _key_of(proposal: OpenProposal) -> str:
    return time_key(proposal.site.id, proposal.slot_key.start_unit)


def _other_time(person: ListedPerson, *, is_seeking: bool) -> str:
    if person.state in (RebookState.ACCEPTED, RebookState.MOVED, RebookState.CANCELLED):
        return ""
    if person.proposal is not None:
        proposal = person.proposal
        facts = {"time": format_moment_short(proposal.starts_at), "site": proposal.site.name}
        until = format_moment_short(proposal.answer_by)
        held = str(_("%(time)s at %(site)s, held until %(until)s", until=until, **facts))
        lines = change_lines(proposal.change, current_language()) if proposal.change else []
        return ". ".join([held, *lines])
    if person.state is RebookState.DECLINED or not is_seeking:
        return ""
    return str(_("No other time was found") if person.was_sought else _("We are looking for another time"))


def _reached(context: StaffContext, view: AppointmentView) -> str:
    if can_be_told(context.db, view.id) and view.starts_at - context.now > context.authority.rebook_notice:
        return str(_("By message. Telephone") if phone_of(view) else _("By message"))
    return str(_("Ring") if phone_of(view) else _("No telephone and no email"))


def _row(view: AppointmentView, told: tuple[ToldLine, ...] = (), **changes: str) -> PersonRow:
    at = view.starts_at.astimezone(ZoneInfo(view.zone))
    return PersonRow(
        appointment_id=view.id,
        reference=view.reference,
        spoken_reference=view.spoken_reference,
        resident_id=view.resident.id,
        name=view.resident.name,
        title=f"{view.resident.name}, {format_moment_short(at)}",
        due=format_moment_short(at),
        services=all_of(view.service_names),
        needs=labels_of(NEEDS, view.support_needs),
        language=language_besides_english(view.resident),
        phone=phone_of(view),
        must_not_be_contacted=view.resident.contact_preference == "none",
        stamp=view.stamp,
        told=told,
        **changes,
    )
