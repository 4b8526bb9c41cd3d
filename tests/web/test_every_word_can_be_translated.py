"""Every page and message is drawn in a language that marks its texts: what stands in no mark is in no catalogue either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, Response, request
from sqlalchemy import select, update

import core.language
from booking.proposals.tables import Wish
from booking.states import State
from booking.tables import Appointment, RebookItem
from booking.use_cases.closures import list_touched
from booking.use_cases.earlier_times import offer_earlier_times
from booking.use_cases.outcomes import record_outcome
from booking.use_cases.ringing import start_ringing
from core.audit import Actor
from core.clock import FixedClock
from core.database import Base, Database
from core.errors import HoldExpired, Invalid, NotFound, RateLimited, SlotTaken
from core.flask_context import EXTENSION
from core.tokens import kiosk_token, spoken_reference, wish_token
from locations.catalogue_queries import bump_plan
from locations.tables import Closure, Resource, Site
from people.residents.tables import Resident
from people.staff.access_marks import public
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE
from reminders.letters import LetterBody
from reminders.reach_queries import can_be_told
from reminders.texts import TextBody
from tests.reminders.channels import writer
from tests.reminders.test_messages import CASES, FACTS, LATER_THAT_DAY, written
from tests.support.callers import AGENT_PASSWORD, Callers, add_agent, book_for, make_callers, sign_in
from tests.support.factories import make_resource
from tests.support.pages import check_page, read_page
from tests.support.pseudo_language import PseudoLanguage, bare_texts, bare_texts_of_page, without_marks
from tests.support.second_step import app_of, give_second_step
from tests.support.town import make_town
from tests.web.agent.conftest import Agent
from tests.web.agent.test_promises_page import promise
from tests.web.resident.browser import Visitor, path_for_owner
from tests.web.resident.test_question_pages import ask
from web.spelling import SPELLING

pytestmark = pytest.mark.databases("sqlite")

# Columns whose values people have written: they are shown as they are.
WRITTEN_COLUMNS = frozenset(
    "name summary topic documents triage_questions address postcode reason note notes email phone opening_words language "
    "online_instead online_url post_instead directions answers state_reason earlier_emails token".split()
)
TYPED = {
    "Robin Sample",
    "robin@example.org",
    "Kim Helper",
    "kim@example.org",
    "Polish",
    "Nobody Known",
    "Zed",
    "by the door",
}
TYPED |= {"A screen", "Another screen", "He rang", "Doctor", "Desk by the door"}
SAID_AFTER = {"Copies <made>", "A letter by 12 January", "Rent <book>"}  # by staff, of a visit
MASKED = {"r••••@example.org", "Testshire"}


class Drawn:
    """What is bare on the pages that an application has drawn, by page."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app, self.database = app, database
        self.pages: list[tuple[str, str]] = []
        app.after_request(self._keep)

    def _keep(self, response: Response) -> Response:
        if response.mimetype == "text/html" and not response.location:
            self.pages.append(
                (f"{request.method} {request.path} {response.status_code}", response.get_data(as_text=True))
            )
        return response

    def bare(self) -> dict[str, set[str]]:
        """The bare texts of each page that has any."""
        data = set(written_values(self.database)) | TYPED | MASKED | set(SPELLING.values())
        found = ((page, bare_texts_of_page(html, data)) for page, html in self.pages)
        return {page: texts for page, texts in found if texts}


def written_values(database: Database) -> Iterator[str]:
    """Every name, note, address and so on that the database holds, and the references as they are read out."""
    with database.reading() as db:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if column.name in WRITTEN_COLUMNS:
                    for value in db.scalars(select(column)):
                        yield from texts_in(value)
                if column.name == "reference":
                    for reference in db.scalars(select(column)):
                        yield from (reference or "", spoken_reference(reference or ""))


def texts_in(value: Any) -> Iterator[str]:
    """The texts in a value of a column, line by line."""
    if isinstance(value, str):
        yield from (line.strip() for line in (value, *value.splitlines()) if line.strip())
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts_in(name)
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


@pytest.fixture(autouse=True)
def _marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(core.language.loaded, "en", PseudoLanguage())


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    """Testshire and the people who ring."""
    return make_callers(database, clock.now())


@pytest.fixture
def drawn(app: Flask, database: Database, callers: Callers) -> Drawn:
    """The whole application; whatever it draws is kept."""
    return Drawn(app, database)


@pytest.fixture
def staff(database: Database, clock: FixedClock, callers: Callers, drawn: Drawn) -> Agent:
    """An administrator, who may open every page of staff."""
    admin = add_agent(database, callers.town.authority_id, clock.now(), "authority_admin")
    client = drawn.app.test_client()
    client.set_cookie(COOKIE, sign_in(database, admin, clock.now()))
    return Agent(client)


def hold_one(visitor: Visitor, service: str = "certify", needs: str = "") -> None:
    """Open the pages of a search and hold the first time of its last page."""
    where = f"service={service}&site=high-street&mode=in_person{needs}"
    for path in (f"/services/{service}", f"/needs?service={service}", f"/where?{where}", f"/when?{where}"):
        visitor.open(path)
    visitor.open(f"/times?{where}&day=2026-11-24")
    visitor.take_first_time()


def book_all(visitor: Visitor, **typed: Any) -> str:
    """From a held time to the booking, with every mistake on the way; the address of the appointment."""
    visitor.send("/who")
    visitor.send("/who", who="other")
    visitor.send("/acting", email="no email", phone="x")
    visitor.send("/acting", name="Kim Helper", basis="carer", email="kim@example.org", phone="")
    visitor.send("/details", email="no email", phone="x", postcode="x", contact_preference="email")
    answers = {
        "name": "Robin Sample",
        "email": "",
        "phone": "07700 900123",
        "postcode": "",
        "contact_preference": "email",
    } | typed
    visitor.send("/details", **answers)
    visitor.send("/check")
    if visitor.status == 409:  # another appointment at that time: booked all the same
        visitor.send("/check")
    return next(href for _, href in visitor.page.links if href.endswith(".ics")).removesuffix(".ics")


def test_the_pages_on_the_way_to_a_booking(drawn: Drawn, clock: FixedClock) -> None:
    visitor = Visitor(drawn.app.test_client())
    for path in (
        "!/",
        "/",
        "/accessibility",
        "/privacy",
        "/find",
        "/find/sent",
        "/no/such/page",
        "/services/registrar",
    ):
        visitor.open(path)
    visitor.open("/services/certify/together")
    for path in ("/sites/high-street", "/sites/high-street/display"):
        visitor.open(path)
    with drawn.database.writing() as db:
        hub = db.scalars(select(Site).where(Site.slug == "riverside-hub")).one()
        hub.has_kiosk = True
        bump_plan(db, hub.authority_id, [hub.id])
        key = kiosk_token(drawn.app.extensions[EXTENSION].settings.secret_key, hub.id)
    visitor.open(f"/sites/riverside-hub/kiosk?key={key}")
    visitor.open("/sites/riverside-hub/kiosk/appointment")
    for code in ("", "nonsense"):
        visitor.send("/appointment", code=code)
    visitor.open("/sites/riverside-hub/kiosk/rating")
    visitor.send("/rating")
    visitor.open("/sites/riverside-hub/kiosk/rating/thanks")
    visitor.open("/sites/riverside-hub/kiosk/ticket")
    visitor.send("/ticket")
    visitor.send("/ticket", service="certify")
    visitor.open("/needs?service=certify&need=language&need=step-free")
    visitor.open("/where?service=certify&need=language")  # which one?
    for near in ("", "N12 0GA", "ZZ99"):
        visitor.open(f"/where?service=advice&near={near}")
    visitor.open("/where?service=certify&need=hearing-loop&need=extra-time")
    for month in ("2026-11", "2026-12", "2027-01"):
        visitor.open(f"/when?service=advice&month={month}")
    visitor.open("/when?service=advice&mode=phone")
    visitor.open("/times?service=advice&mode=video&day=2026-11-24")
    visitor.open("/times?service=certify&day=2026-11-28")
    visitor.open("/times?service=certify&day=x")
    hold_one(visitor, needs="&need=language&language=Polish")
    book_all(visitor)
    hold_one(visitor, "digital")
    clock.advance(timedelta(minutes=11))
    visitor.send("/who", who="me")
    visitor.send("/again")
    visitor.send("/leave")
    assert len(drawn.pages) > 40
    assert drawn.bare() == {}


def test_the_pages_of_an_appointment_in_its_owner_s_hands(drawn: Drawn, clock: FixedClock) -> None:
    visitor = Visitor(drawn.app.test_client())
    hold_one(visitor)
    at = book_all(visitor)
    link = next(href for _, href in visitor.page.links if "/manage/" in href)
    for path in ("", "/contact", "/needs", "/cancel"):
        visitor.open(f"!{at}{path}")
    visitor.send("/cancel", reason="x" * 300)
    visitor.open(f"!{at}/contact")
    visitor.send("/contact", email="no email", phone="x")
    visitor.open(f"!{at}/contact")
    stale = visitor.page.form_to("/contact")
    visitor.send("/contact", email="robin@example.org", contact_preference="email")
    visitor._see(visitor.post(stale, {"contact_preference": "none"}, follow_redirects=True))
    visitor.open(f"!{at}/needs")
    visitor.send("/needs", need=["bsl"])
    moving = f"service=certify&moving={at.rpartition('/')[2]}"
    visitor.open(f"/when?{moving}")
    visitor.open(f"/times?{moving}&day=2026-11-26")
    visitor.send("/move", slot=next(value for _, value in visitor.page.form_to("/move").buttons))
    visitor.send("/move")
    visitor.open(f"!{at}/cancel")
    visitor.send("/cancel", reason="by the door")
    visitor.open(f"!{at}/cancel")
    visitor.open("/find")
    visitor.send("/find")
    visitor.open(at.removeprefix("/testshire"))
    visitor.open(f"!{link}/all/x")
    see_calendar(visitor, drawn, link)
    hold_one(visitor)
    again = book_all(visitor)
    second = next(href for _, href in visitor.page.links if "/manage/" in href)
    for_owner = path_for_owner(drawn.app, second, "kim@example.org")
    visitor.open(f"!{for_owner}")
    visitor._see(visitor.post(visitor.page.form_to(for_owner), {"seen": "older"}))
    visitor.send(for_owner)
    visitor.open(f"!{again}")
    visitor.open(f"!{link}")
    visitor.send("/forget")
    clock.advance(timedelta(days=4))
    visitor.open(f"!{link}")
    visitor.open("!/manage/unknown")
    assert len(drawn.pages) > 30
    assert drawn.bare() == {}


def see_calendar(visitor: Visitor, drawn: Drawn, link: str) -> None:
    """Every page that leads to the calendar of all appointments."""
    visitor.open(f"!{link}")
    at = visitor.at
    visitor.open(f"{at}/calendar")
    visitor.send("/calendar")
    own = path_for_owner(drawn.app, link, "kim@example.org", "calendar")
    visitor.open(f"!{own}")
    visitor.send(own)
    visitor.open(f"!{own}")
    visitor._see(visitor.post(visitor.page.form_to(own), {"stop": "1"}, follow_redirects=True))


def test_what_a_resident_sees_when_a_time_cannot_be_had(drawn: Drawn, callers: Callers, clock: FixedClock) -> None:
    visitor, other = (Visitor(drawn.app.test_client()) for _ in range(2))
    hold_one(visitor, "digital")
    book_all(visitor)
    at = next(href for _, href in visitor.page.links if href.endswith(".ics")).removesuffix(".ics")
    where = "service=certify&site=town-hall&mode=in_person&day=2026-11-24"
    visitor.open(f"/times?{where}")
    other.open(f"/times?{where}")
    slot = next(value for name, value in other.page.form_to("/book/hold").buttons if name == "slot")
    other.send("/book/hold", slot=slot)
    visitor.send("/book/hold", slot=slot)
    visitor._see(visitor.client.get(f"{at}/move", query_string={"slot": slot}, follow_redirects=True))
    late = "1.{}.{}.{}.p.0.{:x}".format(
        callers.town.authority_id, callers.town.sites["office"], callers.town.services["certify"], 2**24
    )
    visitor.open(f"/times?{where}")
    visitor.send("/book/hold", slot=late)
    visitor.open(f"/times?{where}")
    visitor.send("/book/hold", slot="x")
    visitor.client.post("/testshire/book/hold", data={"slot": slot})  # without its token
    hold_one(visitor)
    at = book_all(visitor)
    link = next(href for _, href in visitor.page.links if "/manage/" in href)
    visitor.open(f"/times?service=certify&moving={at.rpartition('/')[2]}&day=2026-12-01")
    slot = [value for _, value in visitor.page.form_to("/move").buttons][-1]
    visitor.send("/move", slot=slot)
    stale = visitor.page.form_to("/move")
    other.open("/times?service=certify&site=town-hall&mode=in_person&day=2026-12-01")
    other.send("/book/hold", slot=slot)
    visitor._see(visitor.post(stale, {}, follow_redirects=True))
    clock.advance(timedelta(days=30))
    visitor.open(f"!{at}")
    visitor.open(f"!{link}")
    assert drawn.bare() == {}


def test_the_pages_of_a_call(
    drawn: Drawn, staff: Agent, callers: Callers, clock: FixedClock, database: Database
) -> None:
    calls, amina = "/staff/calls", callers.people["amina"]
    at = f"{calls}/residents/{amina}"
    staff.open(f"{calls}/")
    with database.reading() as db:
        day = db.scalars(select(Appointment.local_date)).first()
    for query in ("", f"?service=certify&day={day}", "?service=certify&day=2027-01-01", "?service=&day=&site=x"):
        staff.client.get(f"{calls}/appointments{query}")
    for text in ("", "amina", "yusef", "07700 900", "N12", "zzz qqq", "NW11 9QS", "@example.org", "Youssef 900321"):
        staff.send(f"{calls}/find", q=text)
    staff.send(f"{calls}/new", q="Zed 07700 900888")
    staff.send(f"{calls}/register", contact_preference="text", postcode="x", email="x", phone="x")
    for key in ("amina", "norbert", "rtl", "silent"):
        staff.open(f"{calls}/residents/{callers.people[key]}")
    staff.open(f"{at}?service=certify")
    staff.send(f"{at}/check")
    staff.check_caller(at)
    staff.open(f"{at}/details")
    staff.send(f"{at}/details", name="Amina Yusuf", seen="old")
    staff.send(f"{at}/note")
    for query in (
        "service=certify",
        "service=certify&find=",
        "service=advice&near=ZZ99&mode=phone",
        "find=nothing&pick=1",
    ):
        staff.open(f"{at}?{query}")
    staff.open(f"{at}?service=certify&service=digital&filtered=1&need=hearing-loop&need=extra-time&near=N12 0GA")
    staff.open(f"{at}?service=registrar")
    staff.open(f"{at}?service=registrar&service=advice&filtered=1&need=hearing-loop&mode=video")
    staff.open(f"{at}?service=certify&from=2027-01-10")
    staff.open(f"{at}?service=certify&filtered=1&cell={callers.town.sites['hub']}.in_person.2026-11-25")
    slots = staff.slots(f"{at}?service=certify&filtered=1")
    staff.send(f"{at}/hold?service=certify", slot=slots[0][0])
    staff.open(f"{at}?service=digital")
    staff.open(f"{at}?service=certify")
    staff.send(f"{at}/confirm?service=certify", caller="other", rep_email="x", shown=slots[0][0])
    staff.send(f"{at}/confirm?service=certify", shown=slots[1][0])
    staff.send(f"{at}/hold?service=certify", slot=f"{slots[0][0][:-6]}000001", site_notes="by the door")
    clock.advance(timedelta(minutes=11))
    staff.open(f"{at}?service=certify")
    slots = staff.slots(f"{at}?service=certify&filtered=1")
    staff.send(f"{at}/hold?service=certify", slot=slots[0][0])
    staff.send(f"{at}/confirm?service=certify", call_note="He rang", shown=slots[0][0])
    moving = f"move={callers.booked.reference}"
    staff.open(f"{at}?{moving}")
    staff.send(f"{at}/hold?{moving}", slot=slots[4][0])
    staff.send(f"{at}/move?{moving}", asked_by="authority", shown=slots[4][0])
    staff.send(f"{at}/move?{moving}", seen="old", shown=slots[4][0])
    staff.send(f"{at}/move?{moving}", shown=slots[4][0])
    staff.open(f"/staff/messages/{callers.booked.reference}")
    handing = f"{at}/appointments/{callers.booked.reference}/hand-over"
    staff.open(handing)
    for text in ("", "youssef", "zzz qqq"):
        staff.send(f"{handing}/find", q=text)
    staff.send(f"{handing}/new", q="Zed")
    staff.send(f"{handing}/register", name="Aminah Youssef", phone="07700 900321", contact_preference="email")
    for key in ("aminah", "long", "silent"):
        staff.open(f"{handing}?to={callers.people[key]}")
    staff.send(handing, to=str(amina))
    staff.send(handing, to=str(callers.people["silent"]), seen="old")
    staff.open(f"{at}?cancel={callers.booked.reference}")
    staff.send(f"{at}/cancel?cancel={callers.booked.reference}", asked_by="authority")
    staff.send(f"{at}/cancel?cancel={callers.booked.reference}", asked_by="authority", reason="Doctor")
    staff.send(f"{at}/cancel?cancel={callers.booked.reference}")
    for ended in ("cancel", "move"):
        staff.checked(staff.client.get(f"{at}?{ended}={callers.booked.reference}"), 409)
    staff.open(f"{at}/appointments/{callers.booked.reference}")
    given = book_for(
        database,
        callers.town,
        amina,
        datetime(2026, 12, 9, 10, tzinfo=UTC),
        Actor("staff", 1, "Agnes Agent"),
        clock.now(),
    ).reference
    staff.send(f"{at}/appointments/{given}/hand-over", to=str(callers.people["silent"]))
    staff.send(f"{at}/appointments/{given}/hand-over", to=str(callers.people["silent"]))
    with database.writing() as db:
        db.get_one(Resident, callers.people["norbert"]).contact_preference = "text"
    staff.open(f"{calls}/residents/{callers.people['norbert']}?service=certify")
    assert len(drawn.pages) > 50
    assert drawn.bare() == {}


STATES_OF_THE_DAY = (
    (),
    (State.ARRIVED,),
    (State.ARRIVED, State.IN_PROGRESS),
    (State.ARRIVED, State.IN_PROGRESS, State.ATTENDED),
    (State.ARRIVED, State.IN_PROGRESS, State.NOT_COMPLETED),
    (State.ARRIVED, State.LEFT_BEFORE_SEEN),
)


def fill_day(drawn: Drawn, callers: Callers, clock: FixedClock) -> list[str]:
    """Today at the hub: an appointment in each state, a closure and people to rebook; the references."""
    runtime, town, agent = (
        drawn.app.extensions[EXTENSION],
        callers.town,
        Actor("staff", callers.agent_id, "Agnes Agent"),
    )
    references = []
    for number, states in enumerate(STATES_OF_THE_DAY):
        starts_at = datetime(2026, 11, 23, 9 + number, tzinfo=UTC)
        person = [*callers.people.values()][number]
        reference = book_for(drawn.database, town, person, starts_at, agent, clock.now()).reference
        references.append(reference)
        for state in states:
            record_outcome(runtime, town.authority_id, reference, state, actor=agent, reason="Doctor")
    with drawn.database.writing() as db:
        for first, resource in ((14, None), (9, None)):
            closure = Closure(
                authority_id=town.authority_id,
                site_id=town.sites["hub"],
                resource_id=resource,
                slug=f"closure-{first}",
                starts_at=datetime(2026, 11, 23, first, tzinfo=UTC),
                ends_at=datetime(2026, 11, 23, first + 1, tzinfo=UTC),
                reason="Boiler" if first == 9 else "",
            )
            db.add(closure)
            db.flush()
            list_touched(db, closure.id, clock.now())
        bump_plan(db, town.authority_id, [town.sites["hub"]])
    return references


def test_the_pages_of_a_site(drawn: Drawn, staff: Agent, callers: Callers, clock: FixedClock) -> None:
    references = fill_day(drawn, callers, clock)
    site = "/staff/sites/riverside-hub"
    day = f"{site}/days/2026-11-23"
    clock.advance(timedelta(minutes=30))
    for path in (day, f"{day}?show=done", f"{day}?show=free&resource=hub-1", f"{day}/print", f"{day}?service=digital"):
        staff.open(path)
    for date in ("2026-11-22", "2026-11-24", "2026-12-25", "2026-11-25"):
        staff.open(f"{site}/days/{date}")
        staff.open(f"{site}/days/{date}/print")
        staff.open(f"{site}/days/{date}/plan")
    staff.client.get(f"{day}/rows")
    for reference, fields in (
        (references[0], {"to": "attended", "version": "1", "date": "2026-11-23"}),
        (references[0], {"to": "arrived", "version": "7", "date": "2026-11-23"}),
        (references[2], {"to": "not_completed", "version": "1", "state": "in_progress"}),
        (references[2], {"to": "not_completed", "version": "1", "state": "in_progress", "other": "x" * 300}),
    ):
        staff.send(f"{day}/appointments/{reference}", data=fields)
    staff.send(
        f"{day}/appointments/{references[3]}/undo", data={"to": "in_progress", "version": "1", "state": "attended"}
    )
    staff.open(f"{site}/waiting-room")
    staff.send(f"{site}/waiting-room/next")
    staff.send(f"{site}/waiting-room/desk", data={"my_desk": "hub-1"})
    staff.send(f"{site}/waiting-room/next")
    staff.open(f"{site}/tickets")
    staff.send(f"{site}/tickets")
    staff.send(f"{site}/tickets", name="Wanda Walker", service="certify")
    staff.open(f"{site}/waiting-room")
    staff.open(f"{site}/walk-ins")
    staff.send(f"{site}/walk-ins")
    staff.send(f"{site}/walk-ins", name="Wanda Walker", service="certify")
    staff.open(f"{site}/feeds")
    staff.send(f"{site}/feeds")
    staff.send(f"{site}/feeds", name="A screen")
    staff.send(f"{site}/feeds", name="Another screen", resource="hub-1")
    feed = next(form for form in read_page(staff.client.get(f"{site}/feeds").text).forms if "/feeds/" in form.action)
    staff.send(feed.action)
    table = staff.client.get(f"{day}/list.csv").text or ""
    assert len(drawn.pages) > 25
    assert drawn.bare() == {}
    assert bare_texts(table, written_values(drawn.database)) == set()


def test_the_pages_of_closures_and_of_ringing(drawn: Drawn, staff: Agent, callers: Callers, clock: FixedClock) -> None:
    runtime, town, agent = (
        drawn.app.extensions[EXTENSION],
        callers.town,
        Actor("staff", callers.agent_id, "Agnes Agent"),
    )
    references = [
        book_for(drawn.database, town, callers.people[key], datetime(2026, 12, 7, hour, tzinfo=UTC), agent, clock.now())
        for key, hour in (("amina", 9), ("aminah", 10), ("norbert", 11))
    ]
    period = {"from_day": "2026-12-07", "from_time": "", "until_day": "2026-12-07", "until_time": "10:30"}
    shut = {"site": "riverside-hub", "starts": "later", "reason": "Boiler", **period}
    with drawn.database.writing() as db:
        common = {"authority_id": town.authority_id, "reason": "hours", "created_at": clock.now()}
        db.add(RebookItem(appointment_id=references[2].appointment_id, **common))
    for path in (
        "/staff/closures",
        "/staff/closures/new",
        "/staff/closures/new?site=riverside-hub",
        "/staff/to-rebook",
    ):
        staff.open(path)
    for sent in (shut, shut | {"until_day": ""}):
        staff.client.get(f"/staff/closures/preview?{urlencode(sent)}")
    staff.send("/staff/closures", data=shut | {"offers": "1"})
    with drawn.database.reading() as db:
        closure = f"/staff/closures/{db.scalars(select(Closure.id).order_by(Closure.id.desc())).first()}"
    staff.send("/staff/to-rebook/offers")
    for path in (closure, f"{closure}/change", f"{closure}/lift", "/staff/closures"):
        staff.open(path)
    for until in ("09:45", ""):
        staff.open(f"{closure}/change/preview?{urlencode(period | {'until_time': until})}")
    staff.client.get(f"{closure}/change/preview?until_day=")
    staff.open("/staff/to-ring")
    one = f"/staff/to-ring/{references[1].reference}"
    staff.open(one)
    staff.send(f"{one}/ring")
    staff.send(f"{one}/done", data={"no-answer": "1"})
    assert start_ringing(runtime, town.authority_id, references[1].reference, callers.agent_id, actor=agent)
    staff.send(f"{one}/ring")
    staff.open("/staff/to-ring")
    staff.send(f"{one}/confirm")
    for done in ("shut", "offers", "confirmed", "changed", "lifted"):
        staff.open(f"{closure}?done={done}")
    staff.send(f"{closure}/lift")
    assert len(drawn.pages) > 20
    assert drawn.bare() == {}


def test_the_pages_of_a_day_on_which_a_desk_is_closed(
    drawn: Drawn, staff: Agent, callers: Callers, clock: FixedClock
) -> None:
    town, agent = callers.town, Actor("staff", callers.agent_id, "Agnes Agent")
    ten = datetime(2026, 11, 23, 10, tzinfo=UTC)
    first, second = (
        book_for(drawn.database, town, callers.people[key], ten + timedelta(hours=number), agent, clock.now())
        for number, key in enumerate(("amina", "aminah"))
    )
    close_desks(drawn, callers, clock, most=1)
    day = "/staff/sites/riverside-hub/days/2026-11-23"
    staff.open(f"{day}/other-resources")
    staff.send(f"{day}/appointments/{first.reference}/other-resources", version="1")
    staff.send(f"{day}/other-resources", data={"visit": f"{second.reference}:1"})
    staff.send(f"{day}/other-resources", data={"visit": f"{second.reference}:1"})
    close_desks(drawn, callers, clock, most=9)
    staff.open(f"{day}/other-resources")
    staff.send(f"{day}/appointments/{second.reference}/other-resources", version="1")
    assert len(drawn.pages) > 7
    assert drawn.bare() == {}


def close_desks(drawn: Drawn, callers: Callers, clock: FixedClock, *, most: int) -> None:
    """Close the first desks of the hub for the day."""
    town, ten = callers.town, datetime(2026, 11, 23, 10, tzinfo=UTC)
    with drawn.database.writing() as db:
        in_order = select(Resource.id).where(Resource.site_id == town.sites["hub"]).order_by(Resource.id)
        for desk in db.scalars(in_order.limit(most)).all():
            closure = Closure(
                authority_id=town.authority_id,
                site_id=town.sites["hub"],
                resource_id=desk,
                slug=f"ill-{most}-{desk}",
                starts_at=ten,
                ends_at=ten + timedelta(hours=6),
            )
            db.add(closure)
            db.flush()
            list_touched(db, closure.id, clock.now())
        bump_plan(db, town.authority_id, [town.sites["hub"]])


def test_the_pages_of_signing_in_and_the_homes_of_all_roles(
    drawn: Drawn, callers: Callers, clock: FixedClock, database: Database
) -> None:
    visitor = Visitor(drawn.app.test_client(), "/staff")
    visitor.open("/sign-in")
    visitor.send("/sign-in")
    for _ in range(12):
        visitor.open("/sign-in")
        visitor.send("/sign-in", email="robin@example.org", password="wrong words here")
    for role in Role:
        member = add_agent(database, callers.town.authority_id, clock.now(), role.value, f"{role.value}.1@example.org")
        visitor.client.set_cookie(COOKIE, sign_in(database, member, clock.now()))
        visitor.open("/")
        visitor.open("/account")
        visitor.send("/account/password", new_password="short", repeated_password="other")
        change = {"new_password": "velvet trombone picnic", "repeated_password": "velvet trombone picnic"}
        visitor.open("/account")
        visitor.send("/account/password", current_password="wrong words here", **change)
        sign_in(database, member, clock.now())
        visitor.open("/account")
        visitor.send("/account/sessions/end")
        visitor.send("/account/password", current_password=AGENT_PASSWORD, **change)
    visitor.send("/sign-out")
    assert drawn.bare() == {}


def test_the_pages_of_the_waiting_list(drawn: Drawn, staff: Agent, callers: Callers, clock: FixedClock) -> None:
    visitor, runtime = Visitor(drawn.app.test_client()), drawn.app.extensions[EXTENSION]
    hold_one(visitor)
    at = book_all(visitor)
    visitor.open(f"!{at}/earlier")
    visitor.open(f"!{at}/contact")
    visitor.send("/contact", email="robin@example.org", contact_preference="email")
    visitor.open(f"!{at}/earlier")
    visitor.send("/earlier", weekdays=["1"], part="morning")
    waiting = f"/staff/waiting/new?resident={callers.people['aminah']}&service=certify"
    staff.open(waiting)
    staff.send(waiting, part="any")
    staff.send(waiting.replace("certify", "advice"), weekdays="5", part="afternoon")
    offer_earlier_times(runtime, can_be_told)
    for path in ("/staff/waiting", "/staff/", *(f"/staff/waiting/{wish}" for wish in (1, 2, 3))):
        staff.open(path)
    visitor.open(f"!{at}")
    visitor.send("/offer/decline")
    visitor.send("/earlier/stop")
    for change in ("leave", "leave", "take", "told", "stop"):
        staff.send(f"/staff/waiting/2/{change}")
    staff.send(f"/staff/waiting/new?resident={callers.people['norbert']}&service=certify", part="any")
    with runtime.database.writing() as db:
        db.execute(update(Wish).values(asked_at=clock.now() - timedelta(days=20)))
    staff.open("/staff/waiting")
    assert drawn.bare() == {}


def test_the_questions_that_decide(drawn: Drawn, callers: Callers, database: Database, staff: Agent) -> None:
    visitor = Visitor(drawn.app.test_client())
    ask(database, callers.town)
    visitor.open("/questions?service=certify")
    visitor.send("/questions")
    visitor.send("/questions", question_0="no", question_1="yes")
    staff.open(f"/staff/calls/residents/{callers.people['amina']}?service=certify")
    assert drawn.bare() == {}


def test_the_page_of_promises(drawn: Drawn, callers: Callers, clock: FixedClock, database: Database) -> None:
    visitor = Visitor(drawn.app.test_client(), "/staff")
    admin = add_agent(database, callers.town.authority_id, clock.now(), "authority_admin", "promises@example.org")
    visitor.client.set_cookie(COOKIE, sign_in(database, admin, clock.now()))
    visitor.open("/promises")
    promise(callers, database, {0: 9, 1: None, 2: 6, 3: 5})
    visitor.open("/promises")
    visitor.open("/")
    assert drawn.bare() == {}


def test_the_pages_of_somebody_who_waits_without_an_appointment(drawn: Drawn, clock: FixedClock) -> None:
    visitor, runtime = Visitor(drawn.app.test_client()), drawn.app.extensions[EXTENSION]
    searched = "service=certify&need=step-free&site=high-street"
    visitor.open(f"/wait?{searched}")
    visitor.send("/wait", told_by="email", email="x", phone="x")
    visitor.send("/wait", told_by="phone", name="Robin Sample")
    for told_by in ("phone", "email"):
        visitor.open(f"/wait?{searched}")
        visitor.send("/wait", name="Robin Sample", told_by=told_by, email="robin@example.org", phone="07700 900123")
    with runtime.database.reading() as db:
        nonce = db.scalars(select(Wish.link_nonce).where(Wish.told_by == "email")).one() or ""
    link = f"!/manage/{wish_token(runtime.settings.secret_key, nonce)}"
    visitor.open(link)
    offer_earlier_times(runtime, can_be_told)
    visitor.open(link)
    clock.advance(timedelta(minutes=1))
    for change in ("leave", "stop"):
        visitor.send(f"/{change}")
    visitor.open(link)
    visitor.open("/waiting/1")
    assert drawn.bare() == {}


def test_the_record_of_what_staff_did_and_saw(drawn: Drawn, staff: Agent, callers: Callers) -> None:
    call = f"/staff/calls/residents/{callers.people['amina']}"
    staff.check_caller(call)
    staff.open(f"{call}/history")
    for query in ("", "?kind=views", "?since=2027-01-01", f"?reference={callers.booked.reference}"):
        staff.open(f"/staff/record{query}")
    for query in ("?reference=99999999", "?since=2026-11-24&until=2026-11-23"):
        staff.checked(staff.client.get(f"/staff/record{query}"), 400)
    table = staff.client.get("/staff/record.csv").text or ""
    assert drawn.bare() == {}
    assert bare_texts(table, written_values(drawn.database)) == set()


def test_the_pages_of_keys_and_of_a_forgotten_password(drawn: Drawn, staff: Agent, callers: Callers) -> None:
    keys = "/staff/api-keys"
    staff.open(keys)
    staff.open(f"{keys}/new")
    staff.send(f"{keys}/new", name="", scopes="")
    for _number in range(2):
        staff.send(f"{keys}/new", follow=False, name="Robin Sample", scopes="read")
    staff.open(f"{keys}/1")
    staff.send(f"{keys}/2/roll-over")
    staff.send(f"{keys}/2/roll-over", follow=False, overlap="day")
    staff.open(f"{keys}/2")
    staff.send(f"{keys}/1/end")
    staff.open(keys)
    visitor = Visitor(drawn.app.test_client(), "")
    for number in range(13):
        visitor.open("/staff/forgotten")
        visitor.send("/staff/forgotten", email=f"{number}@example.org" if number else "no email")
    drawn.pages = [(page, re.sub(r"fd_[0-9a-f]{8}(_[\w-]+)?", "", html)) for page, html in drawn.pages]
    assert drawn.bare() == {}


def test_the_pages_of_colleagues(drawn: Drawn, staff: Agent, callers: Callers) -> None:
    new = {"role": "adviser", "site": "*", "new_email": "robin@example.org", "name": "Robin Sample"}
    staff.open("/staff/colleagues")
    staff.open("/staff/colleagues/new")
    staff.send("/staff/colleagues/new", new_email="no email")
    staff.send("/staff/colleagues/new", follow=False, data=new)
    shown = staff.client.get(f"/staff/colleagues/{callers.agent_id + 2}/link").text
    link = shown.partition('id="link"><bdi>')[2].partition("</bdi>")[0]
    at = f"/staff/colleagues/{callers.agent_id}"
    staff.send("/staff/colleagues/new", data=new)
    staff.open("/staff/colleagues")
    staff.open(f"{at}/link")
    for confirmed in ({}, {"confirmed": "yes"}):
        staff.send(f"{at}/roles", role="adviser", site="riverside-hub", data=confirmed)
    staff.send(f"{at}/roles", role="authority_admin", site="riverside-hub")
    staff.open(f"{at}/roles/effect?held=triage_agent/")
    staff.send(f"{at}/roles/remove", held="adviser/riverside-hub", confirmed="yes")
    staff.open(f"{at}/deactivate")
    for change in ("sessions/end", "deactivate", "link", "reactivate", "link", "link/mail"):
        staff.send(f"{at}/{change}")
    staff.open(f"/staff/colleagues/{callers.agent_id + 1}")
    visitor = Visitor(drawn.app.test_client(), "")
    path = link[link.index("/staff/") :]
    visitor.open(path)
    visitor.send(path, new_password="short", repeated_password="short")
    visitor.send(path, new_password="velvet trombone picnic", repeated_password="velvet trombone picnic")
    # What the page shows once, and nowhere else.
    drawn.pages = [(page, html.replace(link, "")) for page, html in drawn.pages]
    assert drawn.bare() == {}


def test_the_pages_of_the_second_step(drawn: Drawn, staff: Agent, callers: Callers, clock: FixedClock) -> None:
    at, email = "/staff/account/second-step", "authority_admin@example.org"
    code = app_of(drawn.database, clock, email)
    staff.open(at)
    for password in ("", "wrong words here", AGENT_PASSWORD):
        staff.send(f"{at}/begin", current_password=password)
    for typed in ("", "000000", code()):
        staff.send(f"{at}/confirm", code=typed)
    assert 'id="codes"' in drawn.pages[-1][1]
    visitor = Visitor(drawn.app.test_client(), "")
    visitor.open("/staff/sign-in")
    visitor.send("/staff/sign-in", email=email, password=AGENT_PASSWORD)
    for typed in ("", *["000000"] * 6):
        visitor.open("/staff/sign-in/code")
        visitor.send("/staff/sign-in/code", code=typed)
    give_second_step(drawn.database, clock, callers.agent_id)
    staff.open(f"/staff/colleagues/{callers.agent_id}")
    for _number in range(2):
        staff.send(f"/staff/colleagues/{callers.agent_id}/second-step/remove")
    staff.open("/staff/second-step")
    staff.send("/staff/second-step", roles="mayor")
    staff.send("/staff/second-step", roles="authority_admin")
    for password in ("", AGENT_PASSWORD):
        staff.send(f"{at}/off", current_password=password)
    staff.open("/staff/")  # which leads to what is demanded
    assert at in drawn.pages[-1][0]
    # The key and the codes, which the page shows once, and nowhere else.
    drawn.pages = [(page, re.sub(r"<bdi[^>]*>[^<]*</bdi>", "", html)) for page, html in drawn.pages]
    assert drawn.bare() == {}


def test_the_pages_of_the_set_up(drawn: Drawn, staff: Agent) -> None:
    at, desk = "/staff/set-up", "/staff/set-up/resource/hub-1?site=riverside-hub"
    for address in (at, f"{at}/council/testshire", f"{at}/site/new", f"{at}/service/new", f"{at}/upload"):
        staff.open(address)
    preview = check_page(staff.client.post(desk, data=typed_in(staff, desk, kind="room"), follow_redirects=True).text)
    again = check_page(
        staff.client.post(desk, data=typed_in(staff, desk, name="Desk by the door"), follow_redirects=True).text
    )
    for page, status in ((preview, 303), (again, 409)):
        assert staff.client.post(f"{at}/save", data=page.form_to("/save").values()).status_code == status
    staff.client.post(desk, data=again.form_to("/resource/hub-1").values())
    staff.open(f"{desk}&saved=1")
    staff.open(f"{at}/history")
    staff.open(f"{at}/changes/1")
    own = ("logo", "first-page", "travel", "privacy/testshire", "accessibility/testshire")
    for address in (
        *(f"{at}/{one}" for one in own),
        "/staff/sites/riverside-hub/resources",
        "/staff/colleagues/import",
    ):
        staff.open(address)
    staff.send(f"{at}/logo")
    staff.send(f"{at}/travel", add="travel")
    staff.open("/staff/pauses")
    fields: tuple[dict[str, Any], ...] = ({}, {"what": "kind:offer", "until_day": "2026-11-25"}, {"what": "all"})
    for typed in fields:
        staff.send("/staff/pauses", reason="x", **typed)
    for words in ("", "x"):
        staff.send("/staff/day-messages/preview", site="riverside-hub", day="2026-11-23", text=words)
    staff.send("/staff/day-messages", site="riverside-hub", day="2026-11-23", text="x")
    day = "/staff/day-messages?told=0&rung=0&unreached=0"
    for address in ("/staff/pauses", f"{day}&known=1", f"{day}&known=0", "/staff/ledger", "/staff/"):
        staff.open(address)
    staff.send(f"{at}/service/certify", look="1")
    assert drawn.bare() == {}


def test_the_pages_of_the_planner(drawn: Drawn, staff: Agent, callers: Callers, clock: FixedClock) -> None:
    fill_day(drawn, callers, clock)
    make_resource(drawn.database, callers.town.authority_id, callers.town.sites["hub"], "ann", kind="adviser")
    with drawn.database.writing() as db:
        bump_plan(db, callers.town.authority_id)
    site = "/staff/sites/riverside-hub"
    new, days = f"{site}/week/new", f"{site}/sessions/hub-days"
    for address in (
        f"{site}/week",
        f"{site}/week?date=2026-12-25",
        f"{site}/week/2026-11-23",
        f"{site}/away",
        new,
        days,
    ):
        staff.open(address)
    staff.open(f"{site}/away/preview?resource=ann&starts=now&until_day=2026-11-23")
    staff.send(f"{site}/week/copy", what="day", from_day="2026-11-22", to_day="2026-11-23")
    common: dict[str, Any] = {
        "starts": "09:00",
        "ends": "12:00",
        "first_date": "2026-12-01",
        "resources": ["hub-1"],
        "services": ["certify"],
    }
    kinds: tuple[dict[str, Any], ...] = (
        {"repeats": "weekly", "weekdays": ["monday"]},
        {"repeats": "fortnightly", "weekdays": ["tuesday"]},
        {"repeats": "monthly", "weekdays": ["tuesday", "friday"], "weeks": ["1", "-1"]},
        {"repeats": "day_of_month", "month_day": "-1", "last_date": "2027-12-31"},
        {"repeats": "once"},
        {"repeats": "weekly", "reserved_percent": "x", "starts": "10:01"},
        {"repeats": "weekly", "releases": "50, 28\n50", "starts": "10:00", "ends": "11:00"},
    )
    for values in kinds:
        preview = check_page(staff.client.post(new, data=typed_in(staff, new, **common | values)).text)
        for form in (one for one in preview.forms if one.method == "post" and one.action.endswith("/week")):
            staff.open(staff.client.post(form.action, data=form.values()).location)
    for ending, name, value in (("/date", "date-how", "off"), ("/end", "end-from_day", ""), ("/end", "remove", "1")):
        form = check_page(staff.client.get(days).text).form_to(ending)
        staff.client.post(form.action, data=form.values(**{name: value}))
    assert drawn.bare() == {}


def typed_in(staff: Agent, address: str, **typed: Any) -> dict[str, Any]:
    """What the form of this address sends."""
    form = check_page(staff.client.get(address).text).form_to(address.partition("?")[0])
    return form.values(**typed)


@pytest.mark.parametrize(
    "error",
    [
        SlotTaken(),
        HoldExpired(),
        RateLimited(),
        NotFound.because("nothing_here"),
        Invalid({}),
        ZeroDivisionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_page_of_an_error(drawn: Drawn, error: Exception) -> None:
    @public
    def fail(**_values: str) -> str:
        raise error

    drawn.app.config["PROPAGATE_EXCEPTIONS"] = False
    drawn.app.view_functions["resident.front"] = fail
    number = drawn.app.test_client().get("/").headers["X-Request-ID"]
    assert len(drawn.pages) == 1
    assert {text for texts in drawn.bare().values() for text in texts} <= {number}


def test_the_front_page_of_several_councils_and_the_outbox_of_the_demo(drawn: Drawn, database: Database) -> None:
    make_town(database, slug="othershire")
    for path in ("/", "/demo/outbox", "/demo/outbox/1"):
        drawn.app.test_client().get(path)
    assert len(drawn.pages) == 3
    assert drawn.bare() == {}


@pytest.mark.parametrize("case", CASES)
def test_messages(case: str) -> None:
    message = written(case)
    data = {
        FACTS.contacts.resident.name,
        FACTS.authority.name,
        FACTS.site.name,
        FACTS.site.directions,
        "Ceri <Carer>",
        "Passport",
    }
    data |= {*FACTS.site.address.splitlines(), FACTS.site.postcode, "Certify documents", "Housing advice"}
    data |= {"Tenancy agreement", *SAID_AFTER, *map(spoken_reference, (FACTS.reference, LATER_THAT_DAY.reference))}
    assert bare_texts(f"{message.subject}\n{message.text}", data) == set()
    assert bare_texts_of_page(message.html, data) == set()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("body_type", [TextBody, LetterBody])
def test_messages_as_texts_and_letters(case: str, body_type: Any) -> None:
    kind, values, recipient = CASES[case]
    body: Any = writer().body(kind, replace(FACTS, **values), replace(recipient, address="1 High Street"), body_type)
    said = body.text if isinstance(body, TextBody) else f"{body.heading}\n{body.text}"
    data = {FACTS.contacts.resident.name, FACTS.authority.name, FACTS.site.name, FACTS.site.directions, "Ceri <Carer>"}
    data |= {*FACTS.site.address.splitlines(), FACTS.site.postcode, "Certify documents", "Housing advice", "Passport"}
    data |= {
        ", ".join(FACTS.site.address.splitlines()),
        "Tenancy agreement",
        *SAID_AFTER,
        *map(spoken_reference, (FACTS.reference, LATER_THAT_DAY.reference)),
    }
    assert bare_texts(said, data) == set()


def test_a_text_in_no_mark_is_found() -> None:
    page = "<h1>[«Ring <a href='#'>01632 960000</a> at [«9am»]»]</h1><p aria-label='Bare'>Robin Sample is [«here»]</p>"
    assert bare_texts_of_page(page, {"Robin Sample"}) == {"is", "Bare"}
    assert without_marks("[«a [«b»] c»] d").strip() == "d"
