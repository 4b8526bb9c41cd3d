"""A kiosk: somebody says that they are here, or takes a ticket, and it shows nobody else's data."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.states import State
from booking.tables import Appointment
from booking.urgent.tables import UrgentRequest
from booking.use_cases.book import Booking
from booking.use_cases.book_instead import Waits, book_instead
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.tables import DayVisit
from booking.visits.visit_states import NewWalkIn
from core.audit import Actor
from core.tokens import kiosk_token, manage_token, short_token, spoken_reference
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Site
from people.residents.details import ResidentDetails
from people.residents.tables import FirstContact
from tests.support.factories import slot_key_at
from tests.support.pages import check_page, read_page
from tests.support.triages import put_triage
from tests.web.resident.browser import Visitor
from tests.web.site.conftest import NINE, SITE, STAFF, Library

pytestmark = pytest.mark.databases("sqlite")
KIOSK = "/sites/high-street/kiosk"


def set_up(library: Library, **values: object) -> None:
    """Change the council's site, or with `languages` the council."""
    with library.database.writing() as db:
        bump_plan(db, library.world.authority_id, [library.world.site_id])
        for key, value in values.items():
            kind, number = (
                (Authority, library.world.authority_id) if key == "languages" else (Site, library.world.site_id)
            )
            setattr(db.get_one(kind, number), key, value)


@pytest.fixture
def kiosk(library: Library, client: FlaskClient) -> Visitor:
    """The screen in the entrance of the library."""
    return kiosk_of(library, client)


def kiosk_of(library: Library, client: FlaskClient) -> Visitor:
    """The browser, made a kiosk by the link of staff."""
    set_up(library, has_kiosk=True)
    visitor = Visitor(client)
    visitor.open(f"{KIOSK}?key={kiosk_token(library.runtime.settings.secret_key, library.world.site_id)}")
    assert visitor.at == KIOSK
    return visitor


def arrived(library: Library) -> list[tuple[str, str]]:
    with library.database.reading() as db:
        return [(one, other) for one, other in db.execute(select(Appointment.state, DayVisit.state).join(DayVisit))]


def test_there_is_none_but_in_a_browser_that_staff_made_one(
    library: Library, client: FlaskClient, site_staff: FlaskClient
) -> None:
    key = kiosk_token(library.runtime.settings.secret_key, library.world.site_id)
    assert client.get(f"/testshire{KIOSK}?key={key}", follow_redirects=True).status_code == 404
    set_up(library, has_kiosk=True)
    assert client.get(f"/testshire{KIOSK}").status_code == 200
    for path in ("", "?key=nonsense", "/appointment", "/ticket", "/waiting/1"):
        assert site_staff.get(f"/testshire{KIOSK}{path}").status_code == 404
    link = read_page(site_staff.get("/staff/sites/high-street/waiting-room").text).link("Make this browser the kiosk")
    assert site_staff.get(link, follow_redirects=True).status_code == 200


def test_every_answer_makes_way_for_the_next_person(library: Library, kiosk: Visitor) -> None:
    answer = kiosk.client.get(f"/testshire{KIOSK}/waiting/7")
    assert (answer.status_code, answer.headers["Refresh"]) == (404, f"20; url=/testshire{KIOSK}")
    library.clock.advance(timedelta(hours=12))
    answer = kiosk.client.get(f"/testshire{KIOSK}/ticket")
    assert "Nobody sees people without an appointment here any more today." in check_page(answer.text).text
    assert (answer.status_code, answer.headers["Refresh"]) == (409, f"20; url=/testshire{KIOSK}")


@pytest.mark.parametrize("way", ["reference", "spoken", "link", "short", "name"])
def test_somebody_says_that_they_are_here(library: Library, kiosk: Visitor, way: str) -> None:
    reference = library.book(30)
    library.book(30, service=1)
    with library.database.reading() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        short = short_token(library.runtime.settings.secret_key, row.id, row.manage_nonce)
        manage = manage_token(library.runtime.settings.secret_key, row.manage_nonce)
    typed = {
        "reference": {"code": reference},
        "spoken": {"code": spoken_reference(reference).lower()},
        "link": {"code": f"https://appointments.example.org/manage/{manage}"},
        "short": {"code": f"https://appointments.example.org/s/{short}"},
        "name": {"surname": "sample", "starts": "09:30"},
    }[way]
    kiosk.open(KIOSK)
    kiosk.follow("I have an appointment")
    page = kiosk.send("/appointment", **typed)
    if way == "name":  # two people of this name have come for this time
        assert kiosk.status == 400
        assert arrived(library) == []
        return
    assert kiosk.at == f"{KIOSK}/waiting/1"
    assert "Your number is 1" in page.text
    assert "Sample" not in page.text
    assert arrived(library) == [(State.ARRIVED, "waiting")]


def test_by_name_and_time_only_one_who_is_booked_here_today_is_found(library: Library, kiosk: Visitor) -> None:
    library.book(30)
    for typed in (
        {"surname": "Sample", "starts": "10:00"},
        {"surname": "Nobody", "starts": "09:30"},
        {"code": "nonsense"},
    ):
        kiosk.open(f"{KIOSK}/appointment")
        page = kiosk.send("/appointment", **typed)
        assert kiosk.status == 400
        assert "We did not find your appointment" in page.text
        assert "Robin" not in page.text
    for typed in ({}, {"surname": "Sample"}, {"starts": "09:30"}):
        kiosk.open(f"{KIOSK}/appointment")
        page = kiosk.send("/appointment", **typed)
        assert kiosk.status == 400
        assert "Enter your reference, or your surname and the time of your appointment" in page.text
    assert kiosk.page.form_to("/appointment").fields["starts"] == ["09:30"]
    kiosk.send("/appointment", surname="SAMPLE", starts="09:30")
    assert arrived(library) == [(State.ARRIVED, "waiting")]


def test_on_the_wrong_day_it_says_where_and_when_and_what_is_free_today(library: Library, kiosk: Visitor) -> None:
    reference = library.book(24 * 60)
    kiosk.open(f"{KIOSK}/appointment")
    answer = kiosk.post(kiosk.page.form_to("/appointment"), {"code": reference})
    assert answer.status_code == 409
    assert answer.headers["Refresh"] == f"20; url=/testshire{KIOSK}"
    text = check_page(answer.text).text
    assert "This appointment is at High Street Library, on Tuesday 24 November 2026 at 9am." in text
    assert "There is free time here today, for example at 9am, 9:30am and 10am." in text
    assert arrived(library) == []


def test_what_is_over_is_for_a_member_of_staff(library: Library, kiosk: Visitor) -> None:
    reference = library.book(0)
    library.record(reference, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED)
    kiosk.open(f"{KIOSK}/appointment")
    assert "Please ask a member of staff" in kiosk.send("/appointment", code=reference).text
    assert kiosk.status == 409


def test_somebody_without_an_appointment_takes_a_ticket(library: Library, kiosk: Visitor) -> None:
    kiosk.open(KIOSK)
    kiosk.follow("I have no appointment")
    assert "Choose what you come for" in kiosk.send("/ticket", name="Wendy").text
    page = kiosk.send("/ticket", service="certify", name="Wendy", shows_name="y")
    assert "Your number is 1" in page.text
    assert "You will be called at once." in page.text
    with library.database.reading() as db:
        row = db.scalars(select(DayVisit)).one()
    assert (row.name, row.shows_name, row.channel, row.state) == ("Wendy", True, "kiosk", "waiting")
    kiosk.open(f"{KIOSK}/ticket")
    kiosk.send("/ticket", service="advice")
    assert kiosk.at == f"{KIOSK}/waiting/2"
    kiosk.open(f"{KIOSK}/waiting/3")
    assert kiosk.status == 404


def test_it_makes_way_for_the_next_person_in_the_councils_own_language(library: Library, client: FlaskClient) -> None:
    set_up(library, languages=["en", "cy"])
    kiosk = kiosk_of(library, client)
    kiosk.open(KIOSK)
    kiosk.follow("Cymraeg")
    assert "Mae gen i apwyntiad" in kiosk.page.text
    kiosk.follow("Nid oes gen i apwyntiad")
    form = read_page(kiosk.client.get(f"/testshire{KIOSK}/ticket").text).form_to("/ticket")
    answer = kiosk.post(form, {"service": "certify"}, follow_redirects=True)
    home = f"/testshire{KIOSK}?lang=en"
    assert answer.headers["Refresh"] == f"20; url={home}"
    assert "Eich rhif yw 1" in check_page(answer.text).text
    assert f'url={home}"' in unescape(kiosk.client.get(f"/testshire{KIOSK}/ticket").text)
    kiosk.open(f"!{home}")
    assert "I have an appointment" in kiosk.page.text


def test_guesses_are_limited(library: Library, kiosk: Visitor) -> None:
    kiosk.open(f"{KIOSK}/appointment")
    form = kiosk.page.form_to("/appointment")
    answers = {kiosk.post(form, {"code": "nonsense"}).status_code for _ in range(92)}
    assert answers == {400, 429}


@pytest.mark.parametrize(
    "value", ["\x00", "x" * 501, "/manage/" + "y" * 64, "/s/ABCDEFGH", "\u202e", "25:99", " " * 99]
)
def test_no_value_breaks_it(library: Library, kiosk: Visitor, value: str) -> None:
    for form, fields in (
        ("/appointment", ("code", "surname", "starts")),
        ("/ticket", ("service", "name", "shows_name")),
    ):
        for field in fields:
            kiosk.open(f"{KIOSK}{form}")
            answer = kiosk.post(
                kiosk.page.form_to(form),
                {"service": "certify"} | {field: value} if form == "/ticket" else {field: value},
            )
            assert answer.status_code in (303, 400)


def test_the_page_of_an_appointment_has_a_code_for_the_kiosk_where_there_is_one(
    library: Library, client: FlaskClient
) -> None:
    reference = library.book(30)
    with library.database.reading() as db:
        nonce = db.scalars(select(Appointment.manage_nonce).where(Appointment.reference == reference)).one()
    path = f"/manage/{manage_token(library.runtime.settings.secret_key, nonce)}"
    label = f"QR code of the reference {spoken_reference(reference)}"
    assert label not in client.get(path, follow_redirects=True).text
    set_up(library, has_kiosk=True)
    assert label in client.get(path, follow_redirects=True).text


@pytest.mark.parametrize(
    ("answers", "is_urgent", "advice"),
    [(["0", "2"], False, ""), (["1"], True, ""), (["0", "1"], False, "Online"), (["0", "0"], False, "")],
    ids=["to be seen", "cannot wait", "helped elsewhere", "loses home within weeks"],
)
def test_the_triage_asks_before_a_ticket_and_what_cannot_wait_is_on_the_list(
    library: Library, kiosk: Visitor, answers: list[str], is_urgent: bool, advice: str
) -> None:
    put_triage(library.database, library.world)
    kiosk.open(f"{KIOSK}/ticket")
    kiosk.send("/ticket", service="certify", name="Wendy")
    kiosk.send("/ticket")
    assert "Choose an answer" in kiosk.page.text
    for slug, number in zip(("tonight", "what"), answers, strict=False):
        kiosk.send("/ticket", **{f"answer-{slug}": number})
    if advice:
        assert advice in kiosk.page.text
        kiosk.send("/ticket")
    assert "Your number is 1" in kiosk.page.text
    assert ("Ring 0" in kiosk.page.text) is is_urgent  # whom to ring, until the number is called
    with library.database.reading() as db:
        visit = db.scalars(select(DayVisit)).one()
        urgent = [(one.words, one.name, one.channel) for one in db.scalars(select(UrgentRequest))]
    is_losing_home = answers == ["0", "0"]
    assert (visit.is_urgent, visit.name) == (is_urgent or is_losing_home, "Wendy")
    asked_at = visit.arrived_at if is_urgent or is_losing_home else None  # the first contact about homelessness
    assert (visit.asked_at, list(visit.answers)) == (asked_at, ["Somewhere to sleep?", "What is it?"][: len(answers)])
    words = "Somewhere to sleep? No\nWaits at High Street Library with ticket 1"
    assert urgent == ([(words, "Wendy", "kiosk")] if is_urgent else [])


def test_who_loses_their_home_is_seen_today_and_the_adviser_reads_when_they_asked(
    library: Library, kiosk: Visitor, site_staff: FlaskClient
) -> None:
    put_triage(library.database, library.world)
    kiosk.open(f"{KIOSK}/ticket")
    kiosk.send("/ticket", service="certify", name="Wendy")
    kiosk.send("/ticket", **{"answer-tonight": "0"})
    kiosk.send("/ticket", **{"answer-what": "0"})
    said = "First asked for help on Monday 23 November 2026 at 9am (at the screen in the entrance)"
    for path, typed in (("/desk", {"my_desk": "desk-1"}), ("/next", {})):
        form = read_page(site_staff.get(f"{SITE}/waiting-room").text).form_to(path)
        site_staff.post(form.action, data=form.fields | typed)
        text = check_page(site_staff.get(f"{SITE}/waiting-room").text).text
        assert f"{said} Somewhere to sleep? Yes What is it? A notice" in text
    with library.database.reading() as db:
        row = db.scalars(select(DayVisit)).one()
    assert (row.state, row.is_urgent) == ("called", True)


def test_the_first_contact_is_theirs_who_is_given_a_time_instead(library: Library) -> None:
    answers, person = {"What is it?": "A notice"}, ResidentDetails("Wendy Walker", phone="07700 900123")
    asked_at, council = library.clock.now() - timedelta(minutes=1), library.world.authority_id
    new = NewWalkIn("Wendy", channel="kiosk", answers=answers, asked_at=asked_at)
    given = take_walk_in(library.runtime, council, "high-street", "certify", new, actor=Actor.resident())
    slot = slot_key_at(library.world, NINE + timedelta(hours=1))
    booking = Booking(council, "counter", person, slot_key=slot)
    book_instead(library.runtime, booking, Waits(council, library.world.site_id, given.visit_id), actor=STAFF)
    with library.database.reading() as db:
        contact, booked = db.scalars(select(FirstContact)).one(), db.scalars(select(Appointment)).one()
    assert (contact.resident_id, contact.asked_at, contact.channel) == (booked.resident_id, asked_at, "kiosk")
    assert (contact.words, booked.answers, booked.is_approach) == ("What is it? A notice", answers, True)


def numbers(library: Library) -> list[str]:
    with library.database.reading() as db:
        return list(db.scalars(select(DayVisit.text_to).order_by(DayVisit.id)))


def test_who_waits_outside_leaves_a_mobile_number_with_or_without_an_appointment(
    library: Library, kiosk: Visitor
) -> None:
    reference = library.book(30)
    kiosk.open(f"{KIOSK}/appointment")
    page = kiosk.send("/appointment", code=spoken_reference(reference), text_to="07700 900 123")
    assert "we send a text to your mobile when it is your turn" in page.text
    kiosk.open(f"{KIOSK}/ticket")
    page = kiosk.send("/ticket", service="certify", text_to="07700 900 456")
    assert "we send a text to your mobile when it is your turn" in page.text
    assert numbers(library) == ["07700 900 123", "07700 900 456"]


def test_nobody_turns_the_text_of_another_person_to_a_number_of_their_own(library: Library, kiosk: Visitor) -> None:
    reference = library.book(30)
    for number, words in (
        ("07700 900 123", "we send a text"),
        ("07700 900 456", "We cannot send texts to this number"),
    ):
        kiosk.open(f"{KIOSK}/appointment")
        assert words in kiosk.send("/appointment", code=spoken_reference(reference), text_to=number).text
    assert numbers(library) == ["07700 900 123"]


def test_whoever_gets_no_texts_is_told_to_wait_inside_and_is_here_all_the_same(
    library: Library, kiosk: Visitor
) -> None:
    who = ResidentDetails("Robin Sample", phone="07700 900123", do_not_text=True)
    reference = library.book(30, resident=who)
    kiosk.open(f"{KIOSK}/appointment")
    page = kiosk.send("/appointment", code=spoken_reference(reference), text_to="07700 900 456")
    assert "We cannot send texts to this number. Please wait where you can hear or see your number." in page.text
    kiosk.open(f"{KIOSK}/ticket")
    page = kiosk.send("/ticket", service="certify", text_to="01632 960001")
    assert "We cannot send texts to this number." in page.text
    assert arrived(library)[0] == ("arrived", "waiting")
    assert numbers(library) == ["", ""]
