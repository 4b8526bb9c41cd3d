"""What the home page of staff says needs doing; each line leads to the list behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from booking.availability.unstaffed import days_looked_at, unstaffed_sessions
from booking.documents.original_queries import overdue_by_site
from booking.promises.promise_rules import Promise
from booking.queries.calendars_elsewhere import failing_too_long
from booking.queries.promise_figures import promises_not_kept
from booking.queries.waiting_tasks import WaitingTask, task_counts
from booking.ringing.ring_queries import to_ring_count
from booking.urgent.urgent_queries import left_open_count, unnamed_counts
from booking.use_cases.let_go import open_places
from booking.visits.idle_desk_queries import idle_desks_at
from locations.bank_holidays import published_until
from locations.school_holidays import school_holidays_end
from people.staff.colleague_queries import former_advisers
from people.staff.policy import Action, Role
from reminders.failure_queries import people_with_failures
from reminders.hand_made.made_queries import to_make_count
from reminders.heartbeat import is_fresh
from reminders.inbound_queries import texts_to_read_count
from reminders.reach_queries import undelivered_offers
from reminders.untold import untold_count
from reminders.wish_mail_queries import MOST_COUNTED, wish_failures
from web.account.batches_to_do import batches_to_do
from web.account.home import managed_sites_of_staff, sites_of_staff, url_or_none
from web.account.invitations_to_do import invitations_to_do
from web.account.papers_to_do import papers_to_do
from web.account.register_to_do import reviews_to_do
from web.page_context import StaffContext
from web.request_language import format_day

HOLIDAYS_AHEAD = timedelta(days=365)
SCHOOL_AHEAD = timedelta(days=180)


@dataclass(frozen=True)
class ToDo:
    """Something to do: what, and the list behind it. `is_alarm` is of what stops others."""

    text: str
    href: str = ""
    is_alarm: bool = False


def to_do(context: StaffContext) -> Iterator[ToDo]:
    """What there is to do, in its order, and the alarms."""
    yield from _urgent(context)
    yield from _people_to_tell(context)
    yield from _unstaffed_sessions(context)
    yield from _broken_promises(context)
    yield from _calendars_not_read(context)
    yield from _idle_desks(context)
    if text := papers_to_do(context):
        yield ToDo(text, url_or_none("site.papers_sent") or "")
    yield from _overdue_originals(context)
    yield from (ToDo(*line, is_alarm=True) for line in batches_to_do(context))
    if text := invitations_to_do(context):
        yield ToDo(text, url_or_none("messages.invitations") or "")
    if text := reviews_to_do(context):
        yield ToDo(text, url_or_none("agent.register_list") or "")
    if Role.AUTHORITY_ADMIN in {grant.role for grant in context.staff.roles}:
        yield from _service_alarms(context)
        yield from _left_behind(context)


def _urgent(context: StaffContext) -> Iterator[ToDo]:
    """The urgent requests that have nobody's name yet: an alarm after a quarter of an hour."""
    href = url_or_none("messages.urgent_list")
    if not href or not context.staff.may(Action.SEE_RESIDENT):
        return
    unnamed, late = unnamed_counts(context.db, context.authority.id, context.now)
    if late:
        text = ngettext(
            "%(num)d urgent request has had nobody’s name for over 15 minutes: take it now",
            "%(num)d urgent requests have had nobody’s name for over 15 minutes: take them now",
            late,
        )
        yield ToDo(text, href, is_alarm=True)
    if left := left_open_count(context.db, context.authority.id, context.now):
        text = ngettext(
            "%(num)d urgent request was taken over 4 hours ago and is not closed",
            "%(num)d urgent requests were taken over 4 hours ago and are not closed",
            left,
        )
        yield ToDo(text, href, is_alarm=True)
    if unnamed - late:
        text = ngettext("Take %(num)d urgent request", "Take %(num)d urgent requests", unnamed - late)
        yield ToDo(text, href)


def _people_to_tell(context: StaffContext) -> Iterator[ToDo]:
    db, council = context.db, context.authority.id
    ring = url_or_none("manage.to_ring")
    if ring and context.staff.may(Action.RING_PEOPLE):
        unreached = undelivered_offers(db, council)
        if to_ring := to_ring_count(db, council, context.now, unreached, site_ids=context.served_sites):
            text = ngettext(
                "Ring %(num)d person whose appointment cannot take place",
                "Ring %(num)d people whose appointments cannot take place",
                to_ring,
            )
            yield ToDo(text, ring)
    untold = url_or_none("messages.untold_list")
    if untold and context.staff.may(Action.SEE_RESIDENT):
        unsent = untold_count(db, council, context.now, site_ids=context.served_sites)
        if unsent:
            text = ngettext(
                "Ring or write to %(num)d person whom our messages did not reach",
                "Ring or write to %(num)d people whom our messages did not reach",
                unsent,
            )
            yield ToDo(text, untold)
    yield from _to_make(context)
    yield from _failures(context)
    texts = url_or_none("messages.text_list")
    if texts and context.staff.may(Action.RING_PEOPLE) and (unread := texts_to_read_count(db, council)):
        yield ToDo(ngettext("Read %(num)d text from a resident", "Read %(num)d texts from residents", unread), texts)
    waiting = url_or_none("messages.waiting_list")
    if waiting and context.staff.may(Action.BOOK_FOR_RESIDENT):
        yield from _people_who_wait(context, waiting)


def _to_make(context: StaffContext) -> Iterator[ToDo]:
    """What is to be made in a form that we cannot write in."""
    href = url_or_none("messages.untold_list")
    if href and context.staff.may(Action.SEE_RESIDENT):
        made = to_make_count(context.db, context.authority.id, context.now, site_ids=context.served_sites)
        text = ngettext("Make and send %(num)d message by hand", "Make and send %(num)d messages by hand", made)
        yield from [ToDo(text, href)] if made else []


def _failures(context: StaffContext) -> Iterator[ToDo]:
    """Whose messages failed, and nobody has dealt with it."""
    href = url_or_none("messages.failure_list")
    if not href or not context.staff.may(Action.BOOK_FOR_RESIDENT):
        return
    failed = people_with_failures(context.db, context.authority.id, context.now, site_ids=context.served_sites)
    failed += len(wish_failures(context.db, context.authority.id, site_ids=context.served_sites, limit=MOST_COUNTED))
    if failed:
        text = ngettext(
            "Check the contact details of %(num)d person: messages failed",
            "Check the contact details of %(num)d people: messages failed",
            failed,
        )
        yield ToDo(text, href)


def _unstaffed_sessions(context: StaffContext) -> Iterator[ToDo]:
    """The sessions of the days to come that lack somebody or something."""
    href = url_or_none("planner.unstaffed")
    sites = managed_sites_of_staff(context.staff, context.catalogue.sites)
    if not href or not sites:
        return
    if number := len(unstaffed_sessions(context.catalogue, sites, days_looked_at(context.today), context.now)):
        text = ngettext(
            "%(num)d session of the next seven days has nobody, or lacks what it needs",
            "%(num)d sessions of the next seven days have nobody, or lack what they need",
            number,
        )
        yield ToDo(text, href)


def _broken_promises(context: StaffContext) -> Iterator[ToDo]:
    """The services that have not kept what was promised of them for as many days as each says, and those about to."""
    href = url_or_none("planner.promises")
    sites = managed_sites_of_staff(context.staff, context.catalogue.sites)
    if not href or not sites:
        return
    views = promises_not_kept(context.db, context.catalogue, context.now, sites)
    broken = {view.service.id for view in views if view.is_alarm}
    late = {view.service.id for view in views if view.promise is Promise.THIRD_TIME} - broken
    if broken:
        text = ngettext(
            "%(num)d service does not keep what was promised",
            "%(num)d services do not keep what was promised",
            len(broken),
        )
        yield ToDo(text, href)
    if late:
        text = ngettext(
            "%(num)d service has its third free time later than promised",
            "%(num)d services have their third free times later than promised",
            len(late),
        )
        yield ToDo(text, href)


def _calendars_not_read(context: StaffContext) -> Iterator[ToDo]:
    href = url_or_none("council.outside_calendar_list")
    if href and context.staff.may(Action.MANAGE_SET_UP):
        failing = failing_too_long(context.db, context.now, context.authority.id)
        if failing:
            text = ngettext(
                "%(num)d calendar elsewhere could not be read for a day",
                "%(num)d calendars elsewhere could not be read for a day",
                failing,
            )
            yield ToDo(text, href)


def _idle_desks(context: StaffContext) -> Iterator[ToDo]:
    """The sites at which a desk is free while somebody waits whom it could call."""
    sites = {site.id: site for site in sites_of_staff(context.staff, context.catalogue.sites)}
    idle = Counter(one.visit.site.id for one in idle_desks_at(context.db, context.catalogue, sites, context.now))
    for site_id, desks in idle.items():
        text = ngettext(
            "%(site)s: %(num)d desk is free while somebody waits",
            "%(site)s: %(num)d desks are free while people wait",
            desks,
            site=sites[site_id].name,
        )
        yield ToDo(text, url_or_none("site.waiting_room", site=sites[site_id].slug) or "", is_alarm=True)


def _overdue_originals(context: StaffContext) -> Iterator[ToDo]:
    """The sites that have originals which they should have given back."""
    if not context.staff.may(Action.HANDLE_DOCUMENTS):
        return
    sites = {site.id: site for site in sites_of_staff(context.staff, context.catalogue.sites)}
    for site_id, number in sorted(overdue_by_site(context.db, list(sites), context.now).items()):
        text = ngettext(
            "%(site)s: %(num)d original is kept longer than five days",
            "%(site)s: %(num)d originals are kept longer than five days",
            number,
            site=sites[site_id].name,
        )
        yield ToDo(text, url_or_none("site.originals", site=sites[site_id].slug) or "", is_alarm=True)


def _left_behind(context: StaffContext) -> Iterator[ToDo]:
    """Who has left, and is still booked at a site at which nothing says so."""
    for staff_id, name in former_advisers(context.db, context.authority.id):
        places = open_places(context.db, context.catalogue, staff_id, context.now)
        visits = sum(place.visits for place in places)
        if visits:
            text = ngettext(
                "%(num)d person is booked with %(name)s, whose account has ended",
                "%(num)d people are booked with %(name)s, whose account has ended",
                visits,
                name=name,
            )
            yield ToDo(text, url_for("staff.colleague", colleague=staff_id))


def _people_who_wait(context: StaffContext, waiting: str) -> Iterator[ToDo]:
    """Whom to ring while a time is held for them, and whom to tell that none has come up in the time that was promised."""
    tasks = task_counts(context.db, context.catalogue, context.now, context.served_sites)
    if to_ring := tasks[WaitingTask.RING]:
        text = ngettext(
            "Ring %(num)d person who waits: a time is held for them",
            "Ring %(num)d people who wait: a time is held for each of them",
            to_ring,
        )
        yield ToDo(text, waiting)
    if unanswered := tasks[WaitingTask.TELL] + tasks[WaitingTask.OVER]:
        text = ngettext(
            "Tell %(num)d person who waits how it stands",
            "Tell %(num)d people who wait how it stands",
            unanswered,
        )
        yield ToDo(text, waiting)


def _service_alarms(context: StaffContext) -> Iterator[ToDo]:
    if not is_fresh(context.runtime):
        text = _("No reminders are going out: the scheduler is not running. Tell whoever runs the service.")
        yield ToDo(text, url_or_none("manage.ledger") or "", is_alarm=True)
    ends_on = _holidays_end(context)
    if ends_on - context.today < HOLIDAYS_AHEAD:
        text = _(
            "Bank holidays are known until %(day)s only. Ask for an update of the service.", day=format_day(ends_on)
        )
        yield ToDo(text, url_or_none("manage.holidays") or "", is_alarm=True)
    yield from _school_alarm(context)


def _school_alarm(context: StaffContext) -> Iterator[ToDo]:
    """Where sessions depend on school holidays, and those that are known end soon."""
    if not any(one.school for site in context.catalogue.sites for one in site.recurrences):
        return
    ends_on = school_holidays_end(context.authority.school_holidays) or context.today
    if ends_on - context.today < SCHOOL_AHEAD:
        text = _("School holidays are known until %(day)s only. Add the next ones.", day=format_day(ends_on))
        yield ToDo(text, url_or_none("manage.holidays") or "", is_alarm=True)


def _holidays_end(context: StaffContext) -> date:
    divisions = {site.holidays.division for site in context.catalogue.sites}
    return min(map(published_until, divisions), default=date.max)
