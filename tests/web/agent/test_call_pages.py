"""A call: services, times, hold, confirm, read back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from booking.slot_tokens import decode
from booking.tables import Appointment, Hold
from booking.use_cases.holds import hold_slot
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from core.settings import Settings
from locations.catalogue_queries import bump_plan
from locations.tables import Service, Site
from people.residents.tables import ContactNote, Representative, Resident
from tests.reminders.channels import RecordingChannel, worker_on
from tests.support.callers import Callers
from tests.support.town import close_site
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")
NOTHING_SENT = "We can send nothing. Read it out slowly, twice."


def call_of(callers: Callers, name: str = "amina") -> str:
    return f"/staff/calls/residents/{callers.people[name]}"


def rival(database: Database, clock: FixedClock) -> Runtime:
    return Runtime(Settings(database.url, "for-tests-only", is_test=True), database, clock)


def hold_elsewhere(database: Database, clock: FixedClock, token: str, times: int = 1) -> None:
    for _ in range(times):
        hold_slot(rival(database, clock), decode(token), for_public=False)


def close(database: Database, callers: Callers, clock: FixedClock, sites: tuple[str, ...], period: timedelta) -> None:
    for site in sites:
        close_site(database, callers.town, site, clock.now() - timedelta(days=1), clock.now() + period)
    with database.writing() as db:
        bump_plan(db, callers.town.authority_id)


def count_of(database: Database, table: type) -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.databases("sqlite", "postgresql")
def test_the_card_shows_warnings_needs_appointments_and_notes(agent: Agent, callers: Callers) -> None:
    page = agent.check_caller(call_of(callers))
    assert page.headings == ["Amina Yusuf"]
    for text in ("Do not text", "Somali", "Step-free access", "Hodan Yusuf", "Lost her passport in May", "Wed 2 Dec"):
        assert text in page.text
    assert "cancel=" in page.link("Cancel")
    assert "move=" in page.link("Move")


def test_services_that_they_had_before_come_first(agent: Agent, callers: Callers) -> None:
    page = agent.client.get(call_of(callers)).text
    listed = page.split('id="services"')[1]
    assert listed.index("Certify documents") < listed.index("Help to get online")
    assert listed.count("had before") == 1


def test_a_part_of_a_name_chooses_the_only_service_that_has_it(agent: Agent, callers: Callers) -> None:
    answer = agent.client.get(f"{call_of(callers)}?find=HOUSING&pick=1")
    assert (answer.status_code, answer.location) == (303, f"{call_of(callers)}?service=advice")


def test_enter_alone_chooses_the_latest_service(agent: Agent, callers: Callers) -> None:
    assert agent.client.get(f"{call_of(callers)}?find=&pick=1").location == f"{call_of(callers)}?service=certify"


def test_a_filter_that_no_service_fits_stays_and_is_reported(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}?find=dragons&pick=1")
    assert "No service has these words" in page.text
    assert any(field.get("value") == "dragons" for field in page.inputs)


def test_the_page_shows_what_to_ask_what_to_bring_and_whether_a_visit_is_needed(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}?service=certify")
    for text in ("without a visit", "clear photos", "Do you have the originals?", "We cannot take copies", "passport"):
        assert text in page.text


@pytest.mark.databases("sqlite", "postgresql")
def test_all_places_are_shown_nearest_to_the_caller_first(agent: Agent, callers: Callers) -> None:
    text = agent.open(f"{call_of(callers)}?service=certify&filtered=1").text
    places = ["Riverside Community Hub", "High Street Library", "Town Hall"]
    grid = text[text.index("Place") :]
    assert sorted(places, key=grid.index) == places
    nearby = agent.open(f"{call_of(callers)}?service=certify&filtered=1&near=HA8+0AS").text
    grid = nearby[nearby.index("Place") :]
    assert grid.index("Town Hall") < grid.index("Riverside Community Hub")


def test_an_unknown_postcode_is_reported_and_the_list_stays(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}?service=certify&near=ZZ99")
    assert "We do not know the postcode ZZ99" in page.text
    assert "16 free" in page.text


def test_a_cell_opens_all_its_times(agent: Agent, callers: Callers) -> None:
    where = f"{call_of(callers)}?service=certify&cell={callers.town.sites['hub']}.in_person.2026-11-25"
    page = agent.open(where)
    assert "All times: Riverside Community Hub, Wed 25 Nov" in page.text
    assert "4:30pm" in page.text


def test_the_residents_needs_filter_the_grid_and_a_full_cell_says_which(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}?service=certify")
    assert "No step-free access" in page.text
    assert "No step-free access" not in agent.open(f"{call_of(callers)}?service=certify&filtered=1").text


def test_a_filter_that_leaves_nothing_is_named_with_what_is_free_without_it(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}?service=certify&filtered=1&mode=video")
    assert "Leave out “By video”" in page.text
    assert page.link("Without “By video”").endswith("service=certify&filtered=1")


def test_services_that_no_place_offers_together_say_which_to_leave_out(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}?service=certify&service=registrar")
    assert "Leave out “Register a birth”" in page.text


def test_a_service_without_any_time_says_so(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}?service=registrar&filtered=1")
    assert "Nothing is free at any place as far ahead as this can be booked" in page.text


def test_an_empty_week_points_to_the_first_that_is_not(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    close(database, callers, clock, ("library", "hub", "office"), timedelta(days=8))
    page = agent.open(f"{call_of(callers)}?service=certify&filtered=1")
    assert "Nothing is free from Mon 23 Nov to Sun 29 Nov" in page.text
    assert "Next free anywhere" in page.text
    assert "from=2026-12-01" in page.link("Show the week from Tue 1 Dec")


def test_the_next_free_time_is_suggested_in_any_week(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}?service=certify&from=2026-12-07")
    assert "Next free anywhere Mon 23 Nov" in page.text
    assert page.link("Earlier week").endswith("from=2026-11-30")
    assert page.link("Later week").endswith("from=2026-12-14")


def test_two_services_are_one_visit(agent: Agent, callers: Callers) -> None:
    path = f"{call_of(callers)}?service=certify&service=advice&filtered=1"
    tokens = agent.slots(path)
    assert "1 hour 15 minutes" in agent.open(path).text
    assert decode(tokens[0][0]).service_ids == (callers.town.services["certify"], callers.town.services["advice"])


def test_each_alternative_to_a_visit_names_its_service(agent: Agent, callers: Callers, database: Database) -> None:
    with database.writing() as db:
        db.get_one(Service, callers.town.services["advice"]).online_instead = "Ask us by web chat."
        bump_plan(db, callers.town.authority_id)
    text = agent.open(f"{call_of(callers)}?service=certify&service=advice").text
    assert text.count("Certify documents: can it be done without a visit?") == 1
    assert text.count("Housing advice: can it be done without a visit?") == 1


def test_the_first_time_is_focused_by_a_script_that_does_not_scroll(agent: Agent, callers: Callers) -> None:
    html = agent.client.get(f"{call_of(callers)}?service=certify&service=advice").text
    assert html.count(" data-focus>") == 1
    assert "autofocus" not in html


def test_the_last_seat_of_a_day_is_shown_as_held_for_this_call(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    path = f"{call_of(callers)}?service=certify&filtered=1"

    def left() -> list[str]:
        return [token for token, label in agent.slots(path) if label.endswith("Tue 24 Nov, Town Hall")]

    while len(tokens := left()) > 1:
        for token in tokens[1:]:
            hold_elsewhere(database, clock, token)
    page = agent.checked(agent.send(f"{call_of(callers)}/hold?service=certify&filtered=1", slot=tokens[0]))
    assert left() == []
    assert page.text.count("Held for this call") == 1
    other = agent.open(f"{call_of(callers, 'rtl')}?service=certify&filtered=1")
    assert "Held for this call" not in other.text
    assert "Full" in other.text


def test_the_grid_says_that_it_scrolls_and_has_a_name(agent: Agent, callers: Callers) -> None:
    html = agent.client.get(f"{call_of(callers)}?service=certify").text
    region = html.split('class="fd-scroll"')[1].split(">")[0]
    assert 'role="region" aria-label="Free times, Mon 23 Nov to Sun 29 Nov"' in region
    assert 'aria-describedby="grid-hint" tabindex="0"' in region
    assert 'id="grid-hint">Scroll for more days<' in html


def test_the_grid_escapes_what_a_council_typed(agent: Agent, callers: Callers, database: Database) -> None:
    with database.writing() as db:
        db.get_one(Site, callers.town.sites["library"]).name = '"A&B" <Library>'
        bump_plan(db, callers.town.authority_id)
    html = agent.client.get(f"{call_of(callers)}?service=certify&filtered=1&near=HA8+0AS").text
    grid = html.split('class="fd-grid"')[1]
    assert ', &#34;A&amp;B&#34; &lt;Library&gt;"' in grid
    assert "service=certify&amp;filtered=1&amp;near=HA8+0AS&amp;cell=" in grid


@pytest.mark.databases("sqlite", "postgresql")
def test_a_held_time_says_what_to_say_and_can_be_confirmed(agent: Agent, callers: Callers, database: Database) -> None:
    path = f"{call_of(callers)}?service=certify"
    token, label = agent.slots(path)[0]
    page = agent.checked(agent.send(f"{call_of(callers)}/hold?service=certify", slot=token))
    assert label.startswith("9am Mon 23 Nov")
    assert "Held until 9:10am" in page.text
    assert "Please bring: Your passport" in page.text
    assert "Nobody. No message is sent." in page.text  # it begins now
    read_back = agent.checked(agent.send(f"{call_of(callers)}/confirm?service=certify", idempotency_key="k1"))
    assert read_back.title.startswith("Booked")
    assert "Monday 23 November 2026 at 9am" in read_back.text
    with database.reading() as db:
        row = db.scalars(select(Appointment).order_by(Appointment.id.desc()).limit(1)).one()
    assert (row.channel, row.support_needs, row.resident_id) == ("phone", ["step-free"], callers.people["amina"])
    assert f"{row.reference[:4]} {row.reference[4:]}" in read_back.text


@pytest.mark.databases("sqlite", "postgresql")
def test_the_same_confirmation_sent_twice_books_once(agent: Agent, callers: Callers, database: Database) -> None:
    token, _ = agent.slots(f"{call_of(callers)}?service=certify")[0]
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=token)
    fields = {"idempotency_key": "k1", "call_note": "Rang about benefits."}
    first, second = (agent.send(f"{call_of(callers)}/confirm", follow=False, data=fields) for _ in range(2))
    assert first.location == second.location
    assert count_of(database, Appointment) == 2
    assert count_of(database, ContactNote) == 2


@pytest.mark.parametrize(("name", "acting"), [("amina", "Hodan Yusuf"), ("norbert", None)])
def test_who_acted_before_acts_again_for_their_own_resident_alone(
    agent: Agent, callers: Callers, database: Database, name: str, acting: str | None
) -> None:
    with database.reading() as db:
        known = db.scalars(select(Representative)).one()
    where = call_of(callers, name)
    token, _ = agent.slots(f"{where}?service=advice")[0]
    agent.send(f"{where}/hold?service=advice", slot=token)
    agent.checked(agent.send(f"{where}/confirm?service=advice", caller=f"rep-{known.id}"))
    with database.reading() as db:
        newest = db.scalars(select(Appointment).order_by(Appointment.id.desc()).limit(1)).one()
        row = db.get(Representative, newest.representative_id) if newest.representative_id else None
        assert (row.name if row else None) == acting
        assert row is None or row.id != known.id


def test_another_time_replaces_the_one_that_was_held(agent: Agent, callers: Callers, database: Database) -> None:
    tokens = agent.slots(f"{call_of(callers)}?service=certify")
    for token, _ in tokens[:3]:
        agent.send(f"{call_of(callers)}/hold?service=certify", slot=token, idempotency_key="same page")
    assert count_of(database, Hold) == 1
    page = agent.open(f"{call_of(callers)}?service=certify")
    assert "Monday 23 November 2026 at 10am" in page.text


def test_what_was_typed_stays_when_another_time_is_selected(agent: Agent, callers: Callers) -> None:
    tokens = agent.slots(f"{call_of(callers)}?service=certify")
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=tokens[0][0])
    typed = {"site_notes": "Brings a dog", "call_note": "Was upset", "answer-certify-0": "Both"}
    page = agent.checked(agent.send(f"{call_of(callers)}/hold?service=certify", slot=tokens[1][0], data=typed))
    fields = page.form_to("/hold").fields
    assert (fields["site_notes"], fields["call_note"]) == (["Brings a dog"], ["Was upset"])
    assert fields["answer-certify-0"] == ["Both"]


def test_a_time_that_somebody_else_holds_suggests_three_others_and_what_was_typed_stays(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    path = f"{call_of(callers)}?service=certify&filtered=1&near=HA8+0AS"
    token = next(token for token, label in agent.slots(path) if "Town Hall" in label)
    hold_elsewhere(database, clock, token)
    answer = agent.send(f"{call_of(callers)}/hold?service=certify&filtered=1", slot=token, site_notes="Brings a dog")
    page = agent.checked(answer, 409)
    assert page.title.startswith("Error:")
    assert "That time has gone" in page.text
    panel = answer.text.split("fd-panel--error")[1].split("</div></div>")[0]
    assert panel.count('name="slot"') == 3
    other = panel.split('name="slot" value="')[1].split('"')[0]
    again = agent.checked(agent.send(f"{call_of(callers)}/hold?service=certify&filtered=1", slot=other))
    assert again.form_to("/hold").fields["site_notes"] == ["Brings a dog"]


def test_a_hold_that_ran_out_can_be_held_again_with_everything_typed(
    agent: Agent, callers: Callers, clock: FixedClock, database: Database
) -> None:
    token, _ = agent.slots(f"{call_of(callers)}?service=certify")[3]
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=token)
    clock.advance(timedelta(minutes=11))
    page = agent.checked(agent.send(f"{call_of(callers)}/confirm?service=certify", site_notes="Brings a dog"), 410)
    assert "The time ran out" in page.text
    again = agent.checked(agent.send(f"{call_of(callers)}/hold?service=certify", slot=token))
    assert "Held until 9:21am" in again.text
    assert again.form_to("/hold").fields["site_notes"] == ["Brings a dog"]
    assert count_of(database, Appointment) == 1


def test_a_place_that_closes_meanwhile_suggests_others(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    token, _ = agent.slots(f"{call_of(callers)}?service=certify")[0]
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=token)
    close(database, callers, clock, ("hub",), timedelta(days=2))
    page = agent.checked(agent.send(f"{call_of(callers)}/confirm?service=certify", site_notes="Brings a dog"), 409)
    assert "That time has gone" in page.text
    other = agent.slots(f"{call_of(callers)}?service=certify&filtered=1")[0][0]
    again = agent.checked(agent.send(f"{call_of(callers)}/hold?service=certify&filtered=1", slot=other))
    assert again.form_to("/hold").fields["site_notes"] == ["Brings a dog"]


def test_a_time_selected_in_another_tab_is_never_booked_unseen(
    agent: Agent, callers: Callers, database: Database
) -> None:
    tokens = agent.slots(f"{call_of(callers)}?service=certify")
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=tokens[0][0])
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=tokens[1][0])
    page = agent.checked(agent.send(f"{call_of(callers)}/confirm?service=certify", shown=tokens[0][0]), 400)
    assert "Another time was chosen meanwhile" in page.text
    assert count_of(database, Appointment) == 1


def test_releasing_the_time_frees_it_and_keeps_the_note(agent: Agent, callers: Callers, database: Database) -> None:
    token, _ = agent.slots(f"{call_of(callers)}?service=certify")[0]
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=token)
    page = agent.checked(agent.send(f"{call_of(callers)}/release?service=certify", call_note="Will ring again"))
    assert count_of(database, Hold) == 0
    assert "Will ring again" in page.text


def test_ending_the_call_frees_the_time(agent: Agent, callers: Callers, database: Database) -> None:
    token, _ = agent.slots(f"{call_of(callers)}?service=certify")[0]
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=token)
    page = agent.checked(agent.send("/staff/calls/end", resident=str(callers.people["amina"])))
    assert page.headings == ["Take a call"]
    assert count_of(database, Hold) == 0


@pytest.mark.databases("sqlite", "postgresql")
def test_somebody_who_acts_for_the_resident_is_stored_with_the_basis(
    agent: Agent, callers: Callers, database: Database
) -> None:
    token, _ = agent.slots(f"{call_of(callers)}?service=certify")[0]
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=token)
    where = f"{call_of(callers)}/confirm?service=certify"
    page = agent.checked(agent.send(where, caller="other", rep_phone="07700 900444"), 400)
    assert "Enter the name of the person who acts" in page.text
    assert page.form_to("/hold").fields["rep_phone"] == ["07700 900444"]
    agent.checked(agent.send(where, caller="other", rep_name="Carl Carer", rep_basis="carer"))
    with database.reading() as db:
        rows = db.execute(select(Representative.name, Representative.basis).order_by(Representative.id)).all()
    assert tuple(rows[-1]) == ("Carl Carer", "carer")


@pytest.mark.parametrize("name", ["amina", "norbert"])
def test_the_pages_and_the_outbox_agree_that_who_acts_gets_the_message(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock, name: str
) -> None:
    """With an address of the resident's own, and without any."""
    where = call_of(callers, name)
    worker_on(database, clock, RecordingChannel()).send_due()  # what was owed before
    token, _ = agent.slots(f"{where}?service=certify")[-1]
    held = agent.checked(agent.send(f"{where}/hold?service=certify", slot=token))
    assert "Who acts for them gets it instead" in held.text
    acting = {"caller": "other", "rep_name": "Hodan Helper", "rep_email": "hodan@example.org"}
    again = agent.checked(agent.send(f"{where}/confirm?service=certify", data=acting), 400)
    done = agent.checked(agent.send(f"{where}/confirm?service=certify", data=acting, rep_basis="family"))
    resident = {"amina": "Amina Yusuf", "norbert": "Norbert Nobody"}[name]
    for words in (
        "Hodan Helper: Confirmation by email to h***@example.org, at once",
        f"{resident}: not told. Hodan Helper acts",
    ):
        assert words in again.text
    assert "Messageby email to Hodan Helper, hodan@example.org" in done.text
    channel = RecordingChannel()
    worker_on(database, clock, channel).send_due()
    assert [message.recipient.address for message in channel.sent] == ["hodan@example.org"]


def test_who_was_checked_and_can_only_be_rung_is_told_in_the_call(
    agent: Agent, callers: Callers, database: Database
) -> None:
    where = call_of(callers, "norbert")
    with database.writing() as db:
        db.execute(
            update(Resident).where(Resident.name == "Norbert Nobody").values(phone="07700 900777", postcode="N12 9HP")
        )
    token, _ = agent.slots(f"{where}?service=certify")[-1]
    agent.send(f"{where}/hold?service=certify", slot=token)
    words = "told by you now: nobody rings them to say it again"
    assert words not in agent.open(f"{where}?service=certify").text
    agent.checked(agent.send(f"{where}/check", fact=["phone", "postcode"]))  # type: ignore[arg-type]
    assert words in agent.open(f"{where}?service=certify").text
    done = agent.checked(agent.send(f"{where}/confirm?service=certify", caller="self"))
    assert words in done.text


def test_answers_are_stored_with_their_questions(agent: Agent, callers: Callers, database: Database) -> None:
    token, _ = agent.slots(f"{call_of(callers)}?service=certify")[0]
    agent.send(f"{call_of(callers)}/hold?service=certify", slot=token)
    agent.send(f"{call_of(callers)}/confirm?service=certify", data={"answer-certify-1": "Yes", "answer-made-up": "x"})
    with database.reading() as db:
        row = db.scalars(select(Appointment).order_by(Appointment.id.desc()).limit(1)).one()
    assert row.answers == {"Do you have the originals?": "Yes"}


def test_who_cannot_be_reached_is_read_to_twice(agent: Agent, callers: Callers) -> None:
    token, _ = agent.slots(f"{call_of(callers, 'norbert')}?service=certify")[0]
    page = agent.checked(agent.send(f"{call_of(callers, 'norbert')}/hold?service=certify", slot=token))
    assert "We can send nothing" in page.text


@pytest.mark.parametrize(
    ("email", "preference", "prefers", "message"),
    [
        ("tess@example.org", "text", "Text message (we email instead)", "by email to tess@example.org"),
        ("", "text", "Text message (we cannot send any yet)", NOTHING_SENT),
        ("tess@example.org", "letter", "Letter", NOTHING_SENT),
    ],
)
def test_no_message_is_promised_that_cannot_go_out(
    agent: Agent, callers: Callers, email: str, preference: str, prefers: str, message: str
) -> None:
    where = call_of(callers, "long")
    fields = {"name": "Tess Text", "email": email, "phone": "07700 900222", "contact_preference": preference}
    page = agent.checked(agent.send(f"{where}/details", data=fields))
    assert f"Prefers{prefers}" in page.text
    token, _ = agent.slots(f"{where}?service=certify")[-1]
    held = agent.checked(agent.send(f"{where}/hold?service=certify", slot=token))
    done = agent.checked(agent.send(f"{where}/confirm?service=certify"))
    assert f"Message{message}" in done.text
    assert message.replace("tess@", "t***@") in held.text
    assert not any("by text" in page.text for page in (held, done))


def test_a_note_sent_twice_is_stored_once_and_an_empty_one_is_refused(
    agent: Agent, callers: Callers, database: Database
) -> None:
    agent.check_caller(call_of(callers))
    where = f"{call_of(callers)}/note?service=certify"
    for _ in range(2):
        page = agent.checked(agent.send(where, call_note="New address soon.", idempotency_key="k"))
    assert page.text.count("New address soon.") == 1
    assert "Write a note" in agent.checked(agent.send(where, call_note=" "), 400).text


def test_a_time_of_another_council_is_refused(agent: Agent, callers: Callers, database: Database) -> None:
    token, _ = agent.slots(f"{call_of(callers)}?service=certify")[0]
    foreign = token.replace(f"1.{callers.town.authority_id}.", "1.99.", 1)
    assert agent.send(f"{call_of(callers)}/hold?service=certify", slot=foreign).status_code == 400
    assert agent.send(f"{call_of(callers)}/hold?service=certify", slot="nonsense").status_code == 400
    assert count_of(database, Hold) == 0


@pytest.mark.parametrize("name", ["long", "rtl", "silent"])
def test_any_name_and_any_preference_can_be_booked_for(agent: Agent, callers: Callers, name: str) -> None:
    token, _ = agent.slots(f"{call_of(callers, name)}?service=advice")[0]
    agent.send(f"{call_of(callers, name)}/hold?service=advice", slot=token)
    page = agent.checked(agent.send(f"{call_of(callers, name)}/confirm?service=advice"))
    assert page.title.startswith("Booked")


def test_a_day_beyond_the_horizon_shows_the_last_week(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}?service=certify&from={date(2030, 1, 1)}")
    assert "Later week" not in page.text
    assert "Earlier week" in page.text


def test_all_contacts_are_shown_once_it_was_checked_who_calls(agent: Agent, callers: Callers) -> None:
    where = f"/staff/calls/residents/{callers.people['amina']}"
    assert agent.client.get(f"{where}/history").location.endswith(f"{where}#caller-check-title")
    assert "All contacts" in agent.check_caller(where).text
    page = agent.open(f"{where}/history")
    assert [page.headings[0], "Nothing is open" in page.text] == ["All contacts with Amina Yusuf", False]
    assert all(text in page.text for text in ("Booked, by telephone", "Confirmation, Email: ", "Move or cancel them"))
    assert "There is nothing older" in agent.open(f"{where}/history?before=2025-01-01T00:00:00Z").text
    assert agent.open(f"{where}/history?before=nonsense").headings[0] == page.headings[0]
