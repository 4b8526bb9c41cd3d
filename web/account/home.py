"""The links on the home page of a member of staff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from werkzeug.routing import BuildError

from locations.model import SiteFacts
from people.staff.policy import Action, contact_channel, sites_for
from people.staff.sign_in_sessions import SignedInStaff

MOST_SITES = 20  # of which each has its links on the home page


@dataclass(frozen=True)
class Task:
    """A link on the home page: its text, its address, and what it is for."""

    text: str
    href: str
    hint: str = ""


@dataclass(frozen=True)
class TaskGroup:
    """Tasks under one heading. Of a council that has nothing yet, those come first with which it begins."""

    heading: str
    tasks: tuple[Task, ...]
    is_beginning: bool = False


def tasks_of(staff: SignedInStaff, sites: Sequence[tuple[int, str, str]]) -> tuple[TaskGroup, ...]:
    """The groups that `staff` may open, with their links; `sites` are the authority's (id, slug, name).

    The day lists of their sites stand above these groups, with their figures. Of many sites there is a list of its own.
    """
    is_listed = len(sites) > MOST_SITES
    feed_sites = [] if is_listed else [site for site in sites if staff.may(Action.MANAGE_FEEDS, site_id=site[0])]
    planned_sites = [] if is_listed else [site for site in sites if staff.may(Action.MANAGE_SESSIONS, site_id=site[0])]
    groups = (
        TaskGroup(_("Begin"), () if sites else tuple(_first_task(staff)), is_beginning=True),
        TaskGroup(_("Residents"), tuple(_resident_tasks(staff))),
        TaskGroup(_("Week"), (*_week_tasks(planned_sites), *_session_tasks(staff))),
        TaskGroup(_("Closures"), tuple(_closure_tasks(staff))),
        TaskGroup(_("Messages"), tuple(_ledger_tasks(staff))),
        TaskGroup(_("Calendar feeds"), tuple(_feed_tasks(feed_sites))),
        TaskGroup(_("Council"), tuple(_council_tasks(staff))),
    )
    return tuple(group for group in groups if group.tasks)


def sites_of_staff(staff: SignedInStaff, sites: Iterable[SiteFacts]) -> list[SiteFacts]:
    """Those of the council's sites whose day list they may see."""
    visible = sites_for(staff.roles, Action.SEE_DAY_LIST) if staff.may(Action.SEE_DAY_LIST) else frozenset[int]()
    return [site for site in sites if visible is None or site.id in visible]


def managed_sites_of_staff(staff: SignedInStaff, sites: Iterable[SiteFacts]) -> list[SiteFacts]:
    """Those of the council's sites whose sessions they manage."""
    managed = sites_for(staff.roles, Action.MANAGE_SESSIONS) if staff.may(Action.MANAGE_SESSIONS) else frozenset[int]()
    return [site for site in sites if managed is None or site.id in managed]


def _resident_tasks(staff: SignedInStaff) -> Iterator[Task]:
    href = url_or_none("agent.start")
    if href and staff.may(Action.FIND_RESIDENT):
        text = _("Serve somebody") if contact_channel(staff.roles) == "counter" else _("Take a call")
        yield Task(text, href, _("Find a resident, book, change or cancel an appointment."))
    href = url_or_none("messages.urgent_list")
    if href and staff.may(Action.SEE_RESIDENT):
        yield Task(_("Urgent requests"), href, _("Who answered that it cannot wait, and which of you sees to it."))
    href = url_or_none("messages.untold_list")
    if href and staff.may(Action.SEE_RESIDENT):
        yield Task(
            _("Could not be sent: ring or write"),
            href,
            _("People whom no message about their appointment has reached."),
        )
    href = url_or_none("messages.text_list")
    if href and staff.may(Action.RING_PEOPLE):
        yield Task(_("Texts to read"), href, _("What residents have answered to our texts, and a person has to read."))
    href = url_or_none("site.papers_sent")
    if href and staff.may(Action.HANDLE_DOCUMENTS):
        yield Task(_("Papers to look at"), href, _("What residents have sent before their visit."))
    href = url_or_none("site.verify_receipt")
    if href and staff.may(Action.VERIFY_RECEIPT):
        yield Task(
            _("Check a receipt"), href, _("What somebody has shown at a counter, by the number of their receipt.")
        )
    href = url_or_none("messages.waiting_list")
    if href and staff.may(Action.BOOK_FOR_RESIDENT):
        yield Task(
            _("Waiting list"), href, _("People who want an earlier time: whom to ring, and who was offered what.")
        )
    yield from _record_tasks(staff)
    href = url_or_none("manage.to_ring")
    if href and staff.may(Action.RING_PEOPLE):
        yield Task(_("People to ring"), href, _("Their appointment cannot take place, and they need another time."))


def _record_tasks(staff: SignedInStaff) -> Iterator[Task]:
    href = url_or_none("messages.invitations")
    if href and staff.may(Action.INVITE):
        yield Task(_("Invitations"), href, _("People who are asked to come and pick a time: who has, and who has not."))
    href = url_or_none("agent.register_list")
    if href and staff.may(Action.KEEP_REGISTER):
        yield Task(
            _("Register: cannot get online"), href, _("Who goes straight to one of you, and who is to be reviewed.")
        )
    href = url_or_none("agent.same_people")
    if href and staff.may(Action.MERGE_RESIDENTS):
        yield Task(
            _("The same person twice?"),
            href,
            _("Records that look like one person's: put them side by side, make one."),
        )


def _closure_tasks(staff: SignedInStaff) -> Iterator[Task]:
    href = url_or_none("manage.closures")
    if href and staff.may(Action.MANAGE_CLOSURES):
        yield Task(_("What is shut"), href, _("Shut something, offer people another time, and see who has answered."))


def _ledger_tasks(staff: SignedInStaff) -> Iterator[Task]:
    href = url_or_none("manage.ledger")
    if href and staff.may(Action.MANAGE_CLOSURES):
        yield Task(_("Messages of a day"), href, _("What was sent, what was not and why, and what goes out tomorrow."))
    href = url_or_none("manage.site_messages")
    if href and staff.may(Action.MANAGE_CLOSURES):
        text, hint = _("Write to everybody of a day"), _("Tell everybody who is booked at a site on a day the same.")
        yield Task(text, href, hint)
    href = url_or_none("manage.pauses")
    if href and staff.may(Action.PAUSE_MESSAGES):
        yield Task(
            _("Pause messages"), href, _("Hold back all messages, one kind or one channel, and send them later.")
        )


def _site_tasks(sites: Sequence[tuple[int, str, str]], endpoint: str) -> Iterator[Task]:
    for _site_id, slug, name in sites:
        href = url_or_none(endpoint, site=slug)
        if href:
            yield Task(name, href)


def _feed_tasks(sites: Sequence[tuple[int, str, str]]) -> Iterator[Task]:
    """Links with other texts than those of the day lists, for whoever hears the links alone."""
    for task in _site_tasks(sites, "site.feeds"):
        yield replace(task, text=_("Feeds of %(site)s", site=task.text))


def _week_tasks(sites: Sequence[tuple[int, str, str]]) -> Iterator[Task]:
    for task in _site_tasks(sites, "planner.week"):
        yield replace(task, text=_("Week of %(site)s", site=task.text))


def _session_tasks(staff: SignedInStaff) -> Iterator[Task]:
    href = url_or_none("planner.promises")
    if href and staff.may(Action.MANAGE_SESSIONS):
        yield Task(_("What we promise"), href, _("How soon there is a free time, and how soon people are seen."))
    href = url_or_none("planner.searches")
    if href and staff.may(Action.MANAGE_SESSIONS):
        text = _("Searches without an appointment")
        yield Task(text, href, _("What people looked for and did not book, and why: how many, by service and site."))
    href = url_or_none("planner.turned_away")
    if href and staff.may(Action.MANAGE_SESSIONS):
        text = _("Turned away: documents missing")
        yield Task(text, href, _("How many people came without a document that they needed, and which one."))
    href = url_or_none("planner.ratings")
    if href and staff.may(Action.MANAGE_SESSIONS):
        text = _("How people found their visits")
        yield Task(text, href, _("What people answered after a visit, by service and site."))
    href = url_or_none("planner.unstaffed")
    if href and staff.may(Action.MANAGE_SESSIONS):
        text = _("Sessions that lack somebody or something")
        yield Task(text, href, _("Of the next seven days: all people away, or a desk, room or adviser missing."))


def _first_task(staff: SignedInStaff) -> Iterator[Task]:
    """What a council without a site needs before all else."""
    href = url_or_none("council.set_up")
    if href and staff.may(Action.MANAGE_SET_UP):
        yield Task(_("What is missing before anybody can book"), href, _("Services, sites, people and sessions."))


def _council_tasks(staff: SignedInStaff) -> Iterator[Task]:
    href = url_or_none("council.set_up")
    if href and staff.may(Action.MANAGE_SET_UP):
        yield Task(
            _("Set up the council"), href, _("Sites, services, people and the council itself: add, change, undo.")
        )
    href = url_or_none("staff.colleagues")
    if href and staff.may(Action.MANAGE_COLLEAGUES):
        yield Task(_("Colleagues"), href, _("Add a colleague, give a new password link, change roles, end an account."))
    href = url_or_none("staff.api_keys")
    if href and staff.may(Action.MANAGE_API_KEYS):
        yield Task(_("Keys of programs"), href, _("Which programs read and book appointments, and when they last did."))
    href = url_or_none("staff.staff_record")
    if href and staff.may(Action.SEE_STAFF_RECORD):
        yield Task(_("What staff did and saw"), href, _("Who changed what, and who looked at whose record."))
    href = url_or_none("staff.second_step_demand")
    if href and staff.may(Action.DEMAND_SECOND_STEP):
        yield Task(_("Second step of signing in"), href, _("Of which roles you demand a code besides the password."))


def url_or_none(endpoint: str, **values: Any) -> str | None:
    """The address of `endpoint`, or None when this application does not have it."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None
