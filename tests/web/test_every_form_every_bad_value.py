"""Every form of the pages, every field, forty bad values: never a failure, the error at its field, everything else kept.

The forms are found by following links and sending forms, so that a new page is tried as soon as one can get there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from booking.proposals.tables import Wish
from booking.proposals.wish_rules import BY_EMAIL, WishState
from booking.queries.appointments import by_reference
from booking.slot_tokens import SlotKey
from booking.tables import Appointment, RebookItem
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.earlier_times import offer_earlier_times
from booking.use_cases.make_closure import NewClosure, make_closure
from booking.use_cases.move_visit import VisitStep, move_visit
from booking.use_cases.offers import make_offers, request_offers
from booking.use_cases.online_wishes import OnlineWish, wait_online
from booking.use_cases.ringing import start_ringing
from booking.use_cases.take_walk_in import take_walk_in
from booking.use_cases.urgent_requests import take_urgent
from booking.use_cases.wishes import NewWish, make_wish
from booking.visits.visit_states import NewWalkIn, VisitState
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import Settings
from core.tokens import short_token, wish_token
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.tables import Closure, Service
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import Representative
from people.staff.password_links import make_link
from people.staff.sign_in_sessions import COOKIE
from reminders.delivery_decisions import PENDING, WITHHELD
from reminders.failure_work import FailureWork
from reminders.reach_queries import can_be_told
from reminders.reasons import NO_ADDRESS
from reminders.recipients import CHANNELS, WITHOUT_PROVIDERS
from reminders.tables import Notification
from tests.support.bad_values import BAD_VALUES, EMPTY, FEW, FOR_DATABASES, as_sent, has_its_turn
from tests.support.callers import AGENT_PASSWORD, Callers, add_agent, book_for, close_desk_of, make_callers, sign_in
from tests.support.explorer import Explorer, Found, FoundForm, Known, TimeMachine
from tests.support.factories import NOW, make_resource, make_service, make_session
from tests.support.failures import failed_message, failed_wish_mail
from tests.support.inbound_texts import inbound_text
from tests.support.invitations import leave_invitations, link_to_invited
from tests.support.mandates import mandate_of
from tests.support.pages import Form, Page, check_page
from tests.support.second_step import app_of, give_second_step
from tests.support.set_up import change_session, change_site
from tests.support.sqlite import SqliteTemplate
from tests.support.stale import stale_forms
from tests.support.town import Town
from tests.support.triages import put_triage
from tests.support.urgent import urgent_request
from tests.web.resident.browser import path_for_owner
from web.agent.call_request import TYPED_FIELDS
from wsgi import create_app

STARTS = {
    "resident": ("/testshire/", "/testshire/find"),
    "staff": (
        "/staff/",
        "/staff/sites/riverside-hub/today",
        "/staff/sites/riverside-hub/days/2026-12-02",
        "/staff/sites/remote/days/2026-12-02",
        "/staff/sites/remote/today",
    ),
}
MORNING = NOW.replace(hour=9, minute=5)  # the desks have opened
EVENING = NOW.replace(hour=19)  # no time is left on this day, so that what a resident books can still be changed
pytestmark = pytest.mark.timeout(2400)  # ten thousand requests and more, on a machine that others may be using

EMAIL = "ann@example.org"
ANSWERS = {200, 303, 400, 409, 410, 429}
REFUSED = {400, 409, 410}
ANSWERS_TO_HIDDEN = ANSWERS | {404}  # nobody types it
ANSWERS_TO_QUESTIONS = ANSWERS_TO_HIDDEN | {302, 414}
BASIC = EMPTY.keys() | FOR_DATABASES.keys() | {"no choice", "below zero", "not whole", "JSON", "markup"}
MISSING, TWICE = "missing", "twice"
CHOSEN = frozenset({"checkbox", "radio", "select"})  # which get the basic values alone
# A tick is wrong with what is needed because of it, and nobody is told whether it is the password or the email address.
WRONG_WITH_OTHERS = {"checkbox", "password"}
KEEPS_NOTHING = {"password"}  # a password is never shown again


# Each of them changes something that was there before; others are tried with what they need in `test_stale_pages`.
CHANGES = {
    "resident": {"resident.cancel", "resident.change_needs", "resident.several_bookings"},
    "staff": {"agent.cancel", "agent.save_details", "agent.move", "site.arrange", "site.record", "site.undo"},
}
# Some of those that have somebody told: were none found, the test would say nothing.
TELLING = {"resident": {"resident.cancel"}, "staff": {"agent.cancel", "agent.confirm", "agent.move", "site.arrange"}}
SAY_HOW_TOLD = {"resident.accept", "resident.cancel", "resident.check", "resident.move"}
FOR_PROGRAMS = {"api", "provider_callbacks"}
# Three that scripts send, a button of an answer that only a full house gives, what is about another server, what follows
# a file or a form of the rules, the switch of a council with two languages, buttons behind a link of a message, those
# for whose appointments a calendar reads, what is there while somebody is asked to confirm, and the demo's answer to a
# text, two records of one person, a memorable word, which no page shows again, a desk that somebody sits at, a number for
# whoever cannot wait, a kiosk, and files of documents: each has a test of its own.
ELSEWHERE = {
    "resident": {
        "resident.book_invited",  # without a field to fill in: tests/web/agent/test_invitation_pages.py
        "resident.change_language",
        "resident.compare_copy",
        "resident.confirm_coming",
        *("resident.kiosk_arrive", "resident.kiosk_ticket", "resident.kiosk_rate", "resident.rate"),
        "resident.make_own_calendar",
        "resident.number",  # of a service that asks for one: tests/web/resident/test_case_number_pages.py
        "resident.progress_news",  # a button without a field: tests/web/site/test_progress.py
        "resident.resident_feed_page",
        *("resident.send_file", "resident.take_file_back"),
        "resident.triage_reach",
    },
    "staff": {
        *("agent.confirm_visit", "agent.urgent_visit"),
        *("agent.merge", "agent.differs", "agent.undo_one_merge"),
        *("agent.check_memorable_word", "agent.set_memorable_word", "agent.remove_memorable_word"),
        *("messages.take_cohort", "messages.make_cohort_change"),  # behind a file: tests/web/agent/test_cohort_pages.py
        *("messages.end_hand_made", "messages.take_hand_made"),
        *("agent.keep", "agent.typed"),
        "agent.stop_calendar",
        "agent.answer_why",  # where a council asks for it: tests/web/agent/test_why_looking.py
        "council.add_colleagues",
        "council.change_outside_calendar",
        "council.save_site_resource",
        "demo.answer",
        *("site.book_next", "site.cancel_next"),
        *("site.call_next", "site.leave_desk"),
        *("site.keep_file", "site.delete_file", "site.certify", "site.revoke_copy"),
        *("site.accept_file", "site.ask_file_again", "site.end_without_visit"),
        "staff.end_webhook",  # of a program that was added by another one: tests/web/account/test_api_keys.py
        "site.pass_on_batch",  # of a batch that has not arrived: tests/web/site/test_batches.py
        "site.hand_over_receipts",  # of receipts that were given: tests/web/site/test_batches.py
        "site.try_walk_in",
    },
}
# Made of the rules of the council's file, or sent with a file: tests/council/, web/manage/ and planner/ have a test of each.
FROM_RULES = {
    "council.add_outside_calendar",  # about another server
    *("council.send_triage_part", "council.send_triage_draft"),
    *("council.send_set_up_thing", "council.send_site_resource", "council.send_travel"),
    *(
        "council.send_set_up_file",
        "council.send_logo",
        "council.send_colleagues",
        "messages.send_cohort",  # tests/web/agent/test_cohort_pages.py
        "council.send_wards",
        "manage.send_school_holidays",
        "planner.send_rota",
    ),
}
INSTEAD = {
    "council.send_copy_site": {"name": "New Hub", "address": "2 New Street", "from_day": "2026-12-07"},
    "planner.send_several": dict.fromkeys(("resource_out", "resource_in", "service_out", "service_in"), "")
    | {"ends": "16:30"},  # and a last day: one of them still changes something
    "manage.preview_site_message": {"site": "riverside-hub", "service": "certify"},  # for which somebody is booked
    "council.switch_kind_off": {"since": ""},  # at once, and not from a day that is past
    "council.start_reminder_trial": {"service": "certify", "plan_a": "now", "plan_b": "two"},
    "messages.end_failures": {"email": "amina.new@example.org", "phone": "07700 900445"},  # not what failed
    "messages.end_wish_failure": {"email": "wanda.new@example.org"},
    "agent.put_resident_on_register": {"criteria": "not_online"},
    "site.text_when_called": {"text_to": "07700 900445"},
    "site.turn_away": {"missing": "Payslips"},
}
AWAY = "/staff/sites/riverside-hub/away/preview?resource=ann&starts=now&until_day=2026-11-23"
# What works where nothing does that is the same everywhere: a session of a Saturday, a person who is away from now on.
FOR_STAFF = {
    "starts": "09:00", "ends": "17:00", "weekdays": "saturday", "services": "certify", "reserved_percent": "0",
    "break_starts": "12:00", "break_ends": "13:00", "school": "", "who": "wim", "desk": "library-2",
    "release_hours": "0", "releases": "", "change_from": "2026-12-07", "last_date": "2027-06-30", "to_day": "2026-12-05",
    "since": "2026-11-01", "until": "2026-11-30", "topic": "", "from_day": "", "from_time": "",
    "sessions": "library-days", "rep_name": "", "rep_phone": "", "rep_email": "",
    "rep_address": "", "rep_postcode": "", "powers": "book",
}  # fmt: skip
# Whoever types a helper's name has chosen that somebody new calls, and the page ticks it; a name of nothing has not.
HELPER, NEW_HELPER = "rep_name", {"caller": ["other"]}
SHUT = "site=riverside-hub&starts=later&from_day=2026-12-03&until_day=2026-12-03&reason=Painting"


PAPER_RULES: list[dict[str, Any]] = [
    {"document": "Payslips", "weekly": 5, "fortnightly": 3, "monthly": 2, "new_starter": "Your contract"},
    {"document": "Bank statements", "full_months": 2, "each": "account"},
    {"document": "Photo identification", "each": "adult"},
    {"document": "Rent book", "question": "Do you rent?"},
]
# What works as an answer to the questions about papers, of residents and in a call.
PAPERS = {
    f"{before}{name}": value
    for before in ("", "answer-papers--")
    for name, value in (("paid_on", "2026-11-20"), ("started_on", "2026-11-02"), ("accounts", "2"), ("adults", "1"))
}


@dataclass(frozen=True)
class Explored:
    """The pages of one kind of visitor."""

    who: str
    explorer: Explorer
    found: Found


@pytest.fixture(scope="module", params=["resident", "staff"])
def explored(
    request: pytest.FixtureRequest, sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Explored]:
    """Every form that a resident, or an administrator, comes to."""
    explorer, starts = _explorer(request.param, sqlite_template, tmp_path_factory.mktemp(request.param))
    yield Explored(request.param, explorer, explorer.explore(*starts))
    explorer.close()


@pytest.fixture(scope="module")
def keeping(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    """The browser of somebody who may take calls."""
    with closing(_explorer("staff", sqlite_template, tmp_path_factory.mktemp("keeping"))[0]) as explorer:
        yield explorer


def _explorer(who: str, template: SqliteTemplate, folder: Path) -> tuple[Explorer, list[str]]:
    """An explorer, and where it starts."""
    database, clock = Database(template.copy_to(folder)), FixedClock(MORNING)
    app = _app(database, clock)
    callers = make_callers(database, MORNING)
    _count_papers(database, callers.town)
    admin = add_agent(database, callers.town.authority_id, MORNING, role="authority_admin")
    agent, at_ten = Actor("staff", callers.agent_id, "Agnes Agent"), datetime(2026, 11, 23, 10, tzinfo=UTC)
    at_ten_today = book_for(database, callers.town, callers.people["norbert"], at_ten, agent, MORNING).reference
    booked = _booked_online(app, callers.town, datetime(2026, 12, 2, 11, tzinfo=UTC), EMAIL)
    by_video = _booked_remote(app, callers.town, datetime(2026, 12, 2, 12, tzinfo=UTC), "video")
    known = {"reference": callers.booked.reference, "password": AGENT_PASSWORD, **PAPERS}
    if who == "resident":
        _ask_first(database, callers.town)
        put_triage(database, callers.town, services=[], front_page=True)
        offered = _offered(app, callers.town)
        clock.instant = EVENING
        starts = [*STARTS[who], path_for_owner(app, booked.manage_url_path, EMAIL), offered.manage_url_path]
        starts.append(by_video.manage_url_path)
        starts.append(link_to_invited(app.extensions[EXTENSION], callers.town.authority_id, callers.people["norbert"]))
        starts += [*_own_wishes(app, callers.town), _short_link(app, callers), "/testshire/questions?service=parking"]
        return Explorer(app, database, clock, known), starts
    put_triage(database, callers.town, services=[], front_page=True)
    clock.instant = NOW
    _booked_remote(app, callers.town, MORNING.replace(minute=0), "phone")  # whom somebody may be ringing
    clock.instant = MORNING
    work = _leave_work(app.extensions[EXTENSION], callers, admin, at_ten_today)
    email = "authority_admin@example.org"
    for staff_id in (admin, callers.agent_id):
        give_second_step(database, clock, staff_id)
    of_staff: Known = {**known, **FOR_STAFF, "email": email, "code": app_of(database, clock, email)}
    explorer = Explorer(app, database, clock, of_staff, ("move",), FROM_RULES, INSTEAD)
    explorer.client.set_cookie(COOKIE, sign_in(database, admin, MORNING))
    sign_in(database, admin, MORNING)  # in another browser
    with database.writing() as db:
        link = f"/staff/new-password/{make_link(db, callers.agent_id, MORNING, made_by=admin)}"
    copied = "/staff/set-up/copy-site/riverside-hub"  # from the page of a site, of which the explorer opens none
    return explorer, [*STARTS[who], link, f"/staff/closures/preview?{SHUT}", AWAY, copied, *work]


def _leave_work(runtime: Runtime, callers: Callers, admin: int, reference: str) -> list[str]:
    """The addresses of a closure that nobody has worked, of one after which a time is held, and of somebody to ring.

    Somebody was not reached. Another desk could serve the visit of this reference. Of two whom the plan does not cover any
    more, one has a time that is held; the administrator is ringing them.
    """
    make_resource(runtime.database, callers.town.authority_id, callers.town.sites["hub"], "ann", kind="adviser")
    _let_somebody_work_in_the_evening(runtime, callers.town)
    change_site(runtime, callers.town.authority_id, "riverside-hub")
    change_session(runtime, callers.town.authority_id, "high-street", "library-days")
    close_desk_of(runtime, callers)
    council, system = callers.town.authority_id, Actor.system()
    with runtime.database.reading() as db:
        unworked = db.scalars(select(Closure.id)).one()
        desk = by_reference(db, catalogue_by_id(db, council), reference).resources[0].slug
    at_ten, hour = MORNING.replace(hour=10, minute=0), timedelta(hours=1)
    soon = NewClosure(at_ten, at_ten + hour, "Ada is ill", site="riverside-hub", resource=desk)
    make_closure(runtime, council, soon, actor=system)
    later = datetime(2026, 12, 9, 10, tzinfo=UTC)
    agent = Actor("staff", callers.agent_id, "Agnes Agent")
    book_for(runtime.database, callers.town, callers.people["aminah"], later, agent, MORNING)
    shut = NewClosure(later, later + hour, "The boiler is broken", site="riverside-hub")
    closure_id = make_closure(runtime, council, shut, actor=system).id
    assert closure_id is not None
    with runtime.database.writing() as db:
        db.execute(
            update(Notification)
            .where(Notification.status == PENDING, Notification.useful_until < MORNING + timedelta(days=1))
            .values(status=WITHHELD, reason=NO_ADDRESS, closed_at=MORNING)
        )
        db.execute(update(Representative).values(do_not_text=True))  # in answer to a text
    dropped = _drop_from_plan(runtime, callers)
    assert start_ringing(runtime, council, dropped, admin, actor=Actor("staff", admin, "Ada Admin"))
    request_offers(runtime, council, closure_id, actor=system)
    assert make_offers(runtime, can_be_told) == 2
    _leave_waiting(runtime, callers)
    _leave_at_a_desk(runtime, council)
    invited = [callers.people[name] for name in ("amina", "norbert", "aminah")]
    leave_invitations(runtime, council, invited, Actor("staff", admin, "Ada Admin"))
    mandate_of(runtime, council, callers.people["norbert"])
    inbound_text(runtime.database, council, MORNING)
    urgent_request(runtime, council)
    mine = urgent_request(runtime, council, "another-visit")
    take_urgent(runtime, council, mine, None, actor=Actor("staff", admin, "Ada Admin"))
    for channel in ("email", "text", "letter"):
        failed_message(runtime.database, callers.booked.reference, MORNING, channel=channel)
    failures = FailureWork(runtime, council, callers.people["amina"], admin, Actor("staff", admin, "Ada Admin"), None)
    assert failures.take()
    return [f"/staff/closures/{unworked}", f"/staff/closures/{closure_id}", f"/staff/to-ring/{dropped}"]


def _let_somebody_work_in_the_evening(runtime: Runtime, town: Town) -> None:
    """Somebody of the council is at the library, whom its manager can put at a desk."""
    site = town.sites["library"]
    person = make_resource(runtime.database, town.authority_id, None, "wim", kind="adviser")
    hours = {"starts": time(18), "ends": time(20)}
    need = [{"kind": "adviser", "skills": []}]
    services = [make_service(runtime.database, town.authority_id, "talks", name="Talks", requirements=need)]
    make_session(runtime.database, town.authority_id, site, [person], services, "evenings", **hours)
    with runtime.database.writing() as db:
        bump_plan(db, town.authority_id, [site])


def _leave_waiting(runtime: Runtime, callers: Callers) -> None:
    """Somebody for whom a time is held, to be rung, and somebody who has waited for weeks."""
    authority_id = callers.town.authority_id
    for weekdays in ((), (7,)):
        person = ResidentDetails("Wanda Waiting", phone=f"07700 90015{len(weekdays)}")
        new = NewWish("phone", services=("certify",), resident=person, weekdays=weekdays)
        wish = make_wish(runtime, authority_id, new, actor=Actor.system())
    with runtime.database.writing() as db:
        db.execute(update(Wish).where(Wish.id == wish).values(asked_at=MORNING - timedelta(days=20)))
    assert offer_earlier_times(runtime, can_be_told) == 1
    failed_wish_mail(runtime.database, wish, MORNING)


def _leave_at_a_desk(runtime: Runtime, council: int) -> None:
    """Somebody without an appointment who is being seen at the hub."""
    staff, new = Actor("staff", 1, "Sam Staff"), NewWalkIn("Wendy Walker")
    visit_id = take_walk_in(runtime, council, "riverside-hub", "certify", new, actor=staff).visit_id
    with runtime.database.reading() as db:
        catalogue = catalogue_by_id(db, council)
    desk = next(one for one in catalogue.site("riverside-hub").resources if one.kind == "desk")
    for state in (VisitState.CALLED, VisitState.BEING_SEEN):
        move_visit(runtime, council, "riverside-hub", visit_id, VisitStep(state, desk.slug), actor=staff)


def _drop_from_plan(runtime: Runtime, callers: Callers) -> str:
    """Two visits that the plan does not cover any more; the reference of the one for which another time is wanted."""
    agent = Actor("staff", callers.agent_id, "Agnes Agent")
    common = {"authority_id": callers.town.authority_id, "reason": "hours", "created_at": MORNING}
    booked = callers.booked
    for name, wanted_at in (("rtl", None), ("aminah", MORNING)):
        at = datetime(2026, 12, 7, 10, tzinfo=UTC)
        booked = book_for(runtime.database, callers.town, callers.people[name], at, agent, MORNING)
        with runtime.database.writing() as db:
            db.add(RebookItem(appointment_id=booked.appointment_id, offers_wanted_at=wanted_at, **common))
    return booked.reference


def _count_papers(database: Database, town: Town) -> None:
    """A service for which people bring papers that are counted and dated, and some by what they answer."""
    with database.writing() as db:
        where = (Service.authority_id == town.authority_id, Service.slug == "certify")
        db.execute(update(Service).where(*where).values(documents_by_rule=PAPER_RULES))
        bump_plan(db, town.authority_id)


def _ask_first(database: Database, town: Town) -> None:
    """A service that is the right one for some people only."""
    asked = {"ask": "Do you live here?", "say": "", "wrong_answer": "no", "instead": "Ask the council where you live."}
    name = {"name": "Parking", "topic": "Roads"}
    papers = {"documents_by_rule": PAPER_RULES}  # it is the one that the explorer comes to book
    service = make_service(database, town.authority_id, "parking", triage_questions=[asked], **name, **papers)
    desk = make_resource(database, town.authority_id, town.sites["hub"], "parking-desk")
    make_session(database, town.authority_id, town.sites["hub"], [desk], [service], "parking-days")
    with database.writing() as db:
        bump_plan(db, town.authority_id)


def _offered(app: Flask, town: Town) -> Booked:
    """An appointment that cannot take place, and for which another time is held."""
    runtime, at = app.extensions[EXTENSION], datetime(2026, 12, 4, 11, tzinfo=UTC)
    booked = _booked_online(app, town, at, "other@example.org")
    shut = NewClosure(at, at + timedelta(minutes=30), "Painting", site="riverside-hub")
    closure_id = make_closure(runtime, town.authority_id, shut, actor=Actor.system()).id
    assert closure_id is not None
    request_offers(runtime, town.authority_id, closure_id, actor=Actor.system())
    assert make_offers(runtime, can_be_told)
    return booked


def _own_wishes(app: Flask, town: Town) -> list[str]:
    """The links of two without an appointment: a time is held for one, and the other has answered no offer."""
    runtime, person = app.extensions[EXTENSION], ResidentDetails("Wanda Waiting", "wanda@example.org")
    for service in ("certify", "advice"):
        wanted = OnlineWish((service,), person, BY_EMAIL, "origin", MORNING.date() + timedelta(days=28))
        wait_online(runtime, town.authority_id, wanted)
    with runtime.database.writing() as db:
        first, second = db.scalars(select(Wish).order_by(Wish.id)).all()
        second.state = WishState.PAUSED.value
        nonces = [first.link_nonce or "", second.link_nonce or ""]
    assert offer_earlier_times(runtime, can_be_told) == 1
    return [f"/manage/{wish_token(runtime.settings.secret_key, nonce)}" for nonce in nonces]


def _short_link(app: Flask, callers: Callers) -> str:
    """The short link of an appointment whose telephone is shared, so that it asks for a surname."""
    runtime = app.extensions[EXTENSION]
    with runtime.database.writing() as db:
        create_resident(db, callers.town.authority_id, ResidentDetails("Sam Other", phone="07700 900999"), MORNING)
        row = db.scalars(select(Appointment).where(Appointment.reference == callers.booked.reference)).one()
        return f"/s/{short_token(runtime.settings.secret_key, row.id, row.manage_nonce)}"


def _booked_online(app: Flask, town: Town, at: datetime, email: str) -> Booked:
    """An appointment with an interpreter, to whose owner a message writes of all that was booked for the address."""
    unit = int(at.timestamp()) // 300
    slot_key = SlotKey(town.authority_id, town.sites["hub"], (town.services["certify"],), "in_person", unit)
    resident = ResidentDetails("Ann Other", email, language="Somali")
    booking = Booking(town.authority_id, "online", resident, slot_key=slot_key, support_needs=("language",))
    return book(app.extensions[EXTENSION], booking, actor=Actor.resident())


def _booked_remote(app: Flask, town: Town, at: datetime, mode: str) -> Booked:
    """An appointment by telephone or by video of somebody who can be rung instead."""
    unit = int(at.timestamp()) // 300
    slot_key = SlotKey(town.authority_id, town.sites["remote"], (town.services["advice"],), mode, unit)
    resident = ResidentDetails("Vera Video", "vera@example.org", phone="07700 900321")
    booking = Booking(town.authority_id, "online", resident, slot_key=slot_key)
    return book(app.extensions[EXTENSION], booking, actor=Actor.resident())


def _app(database: Database, clock: FixedClock) -> Flask:
    settings = Settings(database_url=database.url, secret_key="x", is_test=True, log_level="CRITICAL")
    app = create_app(settings, database=database, clock=clock)
    database.facts[CHANNELS] = WITHOUT_PROVIDERS  # who has no email is rung
    return app


def test_every_form_answers_every_bad_value(explored: Explored, every_value: bool) -> None:
    tried = Tried(every_value)
    failures = list(_failures(explored.explorer, explored.found, BAD_VALUES, explored.explorer, tried))
    assert not failures, "\n".join(failures)
    tried.check(explored.found, BAD_VALUES)


def test_every_form_answers_what_databases_disagree_about(
    explored: Explored, postgres_url: str, every_value: bool
) -> None:
    database, clock, tried = Database(postgres_url), FixedClock(NOW), Tried(every_value)
    with closing(TimeMachine(_app(database, clock), database, clock)) as machine:
        database.secret_keys = explored.explorer.database.secret_keys  # what it signed is sent to both
        failures = list(_failures(machine, explored.found, FOR_DATABASES, explored.explorer, tried))
    assert not failures, "\n".join(failures)
    tried.check(explored.found, FOR_DATABASES, writing=True)


def test_every_form_that_writes_was_found(explored: Explored) -> None:
    """Where this fails, no page leads to the form, or the explorer lacks a value that works."""
    app, is_staff = explored.explorer.app, explored.explorer.client.get_cookie(COOKIE) is not None
    writing = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    pages = {name for name in writing if name.partition(".")[0] not in FOR_PROGRAMS}
    ours = {name for name in pages if name.startswith("resident.") != is_staff}
    assert ours - {kind[0] for kind in explored.found.forms} == ELSEWHERE[explored.who]


@pytest.mark.parametrize("name", ["resident", *TYPED_FIELDS])
def test_keeping_what_is_typed_takes_every_bad_value(name: str, keeping: Explorer) -> None:
    page = check_page(keeping.client.get("/staff/calls/").text)
    token = page.form_to("/find").fields["csrf_token"]
    for words, value in BAD_VALUES.items():
        typed = {"csrf_token": token, "resident": "1", "reason": "Ill", name: as_sent(value)}
        assert keeping.client.post("/staff/calls/keep", data=typed).status_code == 204, words


def test_a_search_while_it_is_typed_takes_every_bad_value(keeping: Explorer) -> None:
    token = check_page(keeping.client.get("/staff/calls/").text).form_to("/find").fields["csrf_token"]
    for words, value in BAD_VALUES.items():
        sent = {"csrf_token": token, "q": as_sent(value)}
        assert keeping.client.post("/staff/calls/typed", data=sent).status_code in {200, 204, 400}, words


def test_the_next_free_time_takes_every_bad_value(keeping: Explorer) -> None:
    path = "/staff/sites/riverside-hub/walk-ins"
    token = check_page(keeping.client.get(path).text).form_to("/walk-ins").fields["csrf_token"]
    assert keeping.client.post(f"{path}/try", data={"csrf_token": token}).status_code == 204
    right = {"csrf_token": token, "name": "Walter Walkin", "phone": "", "service": "certify", "start": "1"}
    for name in ("name", "phone", "service", "start"):
        for words, value in BAD_VALUES.items():
            answer = keeping.client.post(f"{path}/next", data=right | {name: as_sent(value)})
            assert answer.status_code in ANSWERS - {429}, f"{name}: {words}"


def test_no_form_changes_what_somebody_else_has_changed_meanwhile(explored: Explored) -> None:
    """And each that has somebody told something says beside its button who will be told."""
    telling: list[FoundForm] = []
    answers = [(one.kind[0], failure) for one, failure in stale_forms(explored.explorer, explored.found, telling)]
    failures = [f"{endpoint}: {failure}" for endpoint, failure in answers if failure]
    assert not failures, "\n".join(failures)
    assert {endpoint for endpoint, _ in answers} >= CHANGES[explored.who]
    assert {one.kind[0] for one in telling} >= TELLING[explored.who]
    silent = {(one.kind[0], one.page) for one in telling if not one.form.says_who_is_told}
    if explored.who == "resident":  # of the others some ask for a message: a lost link, word of an earlier time
        silent = {(endpoint, page) for endpoint, page in silent if endpoint in SAY_HOW_TOLD}
    assert not silent, f"nothing says who will be told: {silent}"


Refused = tuple[bool, ...]
"""Which of the few bad values were refused."""


@dataclass
class Tried:
    """What was sent so far. Unless every value is to be tried in every field, fields that are alike take turns.

    Alike are fields of one audience and of one kind in HTML that refuse the same few bad values. The first of them gets
    all values, each other one these few and a fifth of the rest, which is another fifth from one field to the next.
    """

    every_value: bool
    by_name: dict[tuple[str, str], set[Refused]] = field(default_factory=dict)
    by_kind: dict[tuple[str, str], set[Refused]] = field(default_factory=dict)
    values: dict[str, set[str]] = field(default_factory=dict)  # by the kind in HTML
    fields: set[tuple[str, ...]] = field(default_factory=set)

    def has_its_turn(self, one: FoundForm, name: str, words: str, refused: Refused) -> bool:
        """Whether the value is to be tried in this field, which refused these of the few."""
        if self.every_value or refused not in self.by_kind.get(_alike(one, name), ()):
            return True
        return has_its_turn(words, len(self.fields))

    def add(self, one: FoundForm, name: str, statuses: Mapping[str, int]) -> None:
        """Note what was sent in the field."""
        refused = _refused(statuses)
        self.fields.add((one.kind[0], one.form.method, name))
        self.by_name.setdefault((_audience(one), name), set()).add(refused)
        self.by_kind.setdefault(_alike(one, name), set()).add(refused)
        if name in one.form.typed and _writes(one):
            self.values.setdefault(one.form.kinds[name], set()).update(statuses)

    def check(self, found: Found, values: Mapping[str, str], *, writing: bool = False) -> None:
        """Every field was tried, every kind of field that is typed in, and every value in each kind."""
        every = [one for one in _tried_forms(found) if not writing or _writes(one)]
        assert self.fields == {(one.kind[0], one.form.method, name) for one in every for name in one.names}
        typed = {one.form.kinds[name] for one in every if _writes(one) for name in one.form.typed}
        assert self.values.keys() == typed
        lacking = {kind: values.keys() - self.values[kind] for kind in typed - CHOSEN}
        assert not any(lacking.values()), lacking


def _audience(one: FoundForm) -> str:
    return one.kind[0].partition(".")[0]


def _alike(one: FoundForm, name: str) -> tuple[str, str]:
    return _audience(one), one.form.kinds.get(name, "hidden")


def _tried_forms(found: Found) -> list[FoundForm]:
    return [one for one in (*found.forms.values(), *found.questions()) if one.kind[0] not in FROM_RULES]


def _failures(
    machine: TimeMachine, found: Found, values: Mapping[str, str], explorer: Explorer, tried: Tried
) -> Iterator[str]:
    """What is wrong with the answers, one line for each."""
    done: set[tuple[str, ...]] = set()
    every = _tried_forms(found)
    for one in every if machine is explorer else filter(_writes, every):
        names = [name for name in one.names if (one.kind[0], one.form.method, name) not in done]
        done |= {(one.kind[0], one.form.method, name) for name in names}
        if not names:
            continue
        moment = one.moment if machine is explorer else machine.adopt(one.moment, explorer)
        machine.go_back(moment)
        failed, status = _failure(machine, one, "", one.form.fields)
        if failed or status >= 400:
            yield f"{one.page}: {one.form.method} {one.form.action} {one.form.fields} as it works: {status} {failed}"
        for name in names:
            statuses: dict[str, int] = {}
            for words, sent in _ways(one, name, values):
                if words in statuses or not _is_needed(one, name, words, statuses, tried):
                    continue
                machine.go_back(moment)
                failed, statuses[words] = _failure(machine, one, name, sent)
                if failed:
                    yield f"{one.page}: {one.form.method} {one.form.action} {name} {words}: {failed}"
            yield from _unlike(one, name, statuses)
            tried.add(one, name, statuses)


def _writes(one: FoundForm) -> bool:
    return one.form.method == "post"


def _is_needed(one: FoundForm, name: str, words: str, statuses: Mapping[str, int], tried: Tried) -> bool:
    """Whether this bad value is of another kind than those that were sent in the field already.

    Nobody types what is hidden, and what is asked by an address is only searched for. What is chosen, not typed, is the
    same to the service in whatever script or form it is wrong. A field that another form of the same audience has, and
    that refuses the same few, is read as there. Where several buttons send the same fields, a button that refuses none
    does not read the field: a few are enough, and two where another form was tried.
    """
    known, refused = tried.by_name.get((_audience(one), name), set()), _refused(statuses)
    is_read = not one.is_shared or any(refused)
    if words in (*FEW, MISSING, TWICE):
        return words in FEW[:2] or is_read or not known
    if not _writes(one):
        return words in FOR_DATABASES
    if name not in one.form.typed or refused in known or (name in one.form.choices and words not in BASIC):
        return False
    return is_read and tried.has_its_turn(one, name, words, refused)


def _refused(statuses: Mapping[str, int]) -> Refused:
    return tuple(statuses.get(few, 0) in REFUSED for few in FEW)


def _ways(one: FoundForm, name: str, values: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What to send with the field bad in each way, the other fields as they work; a few of different kinds first."""
    for words in (*(few for few in FEW if few in values), *values):
        yield words, {**one.form.fields, name: as_sent(values[words])}
    yield MISSING, {other: value for other, value in one.form.fields.items() if other != name}
    yield TWICE, {**one.form.fields, name: [*(one.form.fields.get(name) or ["x"]), "y"]}


def _failure(machine: TimeMachine, one: FoundForm, name: str, sent: dict[str, Any]) -> tuple[str, int]:
    """What is wrong with the answer, empty when nothing is; and its status."""
    try:
        answer = machine.send(one.form, sent)
        if answer.status_code not in _allowed(one.form, name):
            return f"status {answer.status_code}", answer.status_code
        return _wrong_with(one.form, name, answer), answer.status_code
    except Exception as error:  # noqa: BLE001 - in tests, what would be a 500 is raised
        return f"{type(error).__name__}: {str(error)[:200]}", 500


def _allowed(form: Form, name: str) -> set[int]:
    if form.method == "get":
        return ANSWERS_TO_QUESTIONS
    return ANSWERS if name in form.typed else ANSWERS_TO_HIDDEN


def _wrong_with(form: Form, name: str, answer: TestResponse) -> str:
    """What is wrong with a page that refuses one field: no error at it, or something else is lost."""
    if answer.mimetype != "text/html" or answer.location:
        return ""
    if name not in form.typed or not (answer.status_code == 400 or "<title>Error" in answer.text):
        return ""
    page = check_page(answer.text)
    same = (kept for kept in page.forms if name in kept.ids and _path(form.action) in map(_path, _actions(kept)))
    again = next(same, None)
    if again is None:
        return "the form is gone"
    at = list(again.ids) if form.kinds[name] in WRONG_WITH_OTHERS else [name]
    if not _errors(page) & {one for other in at for one in again.ids.get(other, ())}:
        return f"no error leads to the field, only to {_errors(page)}"
    chosen = NEW_HELPER if name == HELPER else {}
    lost = {
        other: value
        for other, value in form.fields.items()
        if other in form.typed and other != name and form.kinds[other] not in KEEPS_NOTHING
        if any(value) and again.fields.get(other) not in (value, chosen.get(other, value))
    }
    return f"lost: {lost}" if lost else ""


def _actions(form: Form) -> list[str]:
    return [form.action, *form.other_actions]


def _path(address: str) -> str:
    return urlsplit(address).path


def _errors(page: Page) -> set[str]:
    """The ids that the error summary links to."""
    return {href[1:] for _, href in page.links if href.startswith("#")}


def _unlike(one: FoundForm, name: str, statuses: Mapping[str, int]) -> Iterator[str]:
    """A typed field that is not answered alike in every way of sending nothing."""
    form = one.form
    is_text = name in form.typed and name not in form.choices and form.kinds[name] not in WRONG_WITH_OTHERS
    answers = {words: statuses[words] for words in (*EMPTY, MISSING) if words in statuses}
    if form.method == "post" and is_text and len(set(answers.values())) > 1:
        yield f"{one.page}: {form.action} {name}: nothing is answered in different ways: {answers}"
