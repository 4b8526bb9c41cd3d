"""Who waits without an appointment and has a mobile number gets texts, by the rules for every message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed, wish_changed
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE, BY_TEXT
from booking.tables import Appointment, Hold
from booking.use_cases.earlier_times import offer_earlier_times
from booking.use_cases.online_wishes import OnlineWish, wait_online
from booking.use_cases.proposals import end_unanswered
from booking.use_cases.wishes import NewWish, make_wish
from core.database import Database
from core.errors import DeliveryFailed, Invalid
from core.runtime import Runtime
from locations.tables import Authority
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.allowances import allowances
from reminders.gsm7 import text_size
from reminders.ledger import ledger_of
from reminders.messages import EmailBody, RenderedMessage
from reminders.outbox import plan_notifications
from reminders.provider_states import ProviderState
from reminders.reach_queries import address_of as email_of
from reminders.reach_queries import can_be_told
from reminders.receipts import Learnt, learn
from reminders.recipients import CHANNELS, EMAIL, TEXT
from reminders.reconciliation import ask_providers
from reminders.tables import InboundText, Notification
from reminders.texts import TextBody
from reminders.wish_mails import plan_wish_mail, send_wish_mails
from reminders.wish_tables import WishMail
from tests.booking.test_waiting_list import full_house, give_up
from tests.reminders.channels import RecordingChannel
from tests.reminders.test_inbound import AS_SENT, OURS, outcomes, text
from tests.support.factories import AGENT, NOW, make_runtime

KIM = ResidentDetails("Kim Sample", phone="07700 900123", contact_preference="text")
WANTED = OnlineWish(("certify",), KIM, BY_TEXT, "origin", NOW.date() + timedelta(days=28))
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications), wish_changed.connected_to(plan_wish_mail):
        yield


class Place:
    """A full library of a council that sends texts; Kim waits, and every text to them is kept."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch, **council: object) -> None:
        monkeypatch.setitem(database.facts, CHANNELS, frozenset({EMAIL, TEXT, "call"}))
        self.database, (self.world, self.references) = database, full_house(database)
        self.runtime: Runtime = make_runtime(database)
        self.texts = RecordingChannel(body_type=TextBody)
        self.mails = RecordingChannel()
        with database.writing() as db:
            own = {"text_number": OURS, "text_sender_id": "00000000-0000-4000-8000-000000000982"} | council
            db.execute(update(Authority).values(**own, plan_version=Authority.plan_version + 1))

    def wait(self, who: ResidentDetails = KIM) -> None:
        wait_online(self.runtime, self.world.authority_id, replace(WANTED, resident=who))

    def offer(self, number: int = 0) -> None:
        give_up(self.runtime, self.world, self.references[number])
        assert offer_earlier_times(self.runtime, can_be_told) == 1

    def send(self) -> list[RenderedMessage]:
        """What goes out now."""
        before = len(self.texts.sent), len(self.mails.sent)
        send_wish_mails(self.runtime, {EMAIL: self.mails, TEXT: self.texts})
        return [*self.texts.sent[before[0] :], *self.mails.sent[before[1] :]]

    def said(self) -> str:
        """The one text that goes out now."""
        (message,) = self.send()
        assert isinstance(message.body, TextBody)
        assert text_size(message.body.text).segments <= 2
        return message.body.text

    def change(self, **columns: object) -> None:
        with self.database.writing() as db:
            db.execute(update(Resident).where(Resident.name == KIM.name).values(**columns))

    def is_rung(self) -> bool:
        with self.database.reading() as db:
            return db.scalars(select(Proposal.is_rung).where(Proposal.state == "open")).one()


@pytest.fixture
def place(database: Database, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(database, monkeypatch)


def test_a_link_an_offer_and_a_pause_go_by_text_with_nothing_private(place: Place) -> None:
    place.wait()
    assert "you are on the waiting list for an appointment" in place.said()
    for number in range(3):
        place.offer(number)
        said = place.said()
        assert "Reply YES or NO, or answer here: http" in said
        assert "/s/" in said
        place.runtime.clock.advance(timedelta(minutes=31))  # type: ignore[attr-defined]
        end_unanswered(place.runtime)
    give_up(place.runtime, place.world, place.references[5])
    offer_earlier_times(place.runtime, can_be_told)
    assert "we have stopped offering you times for an appointment" in place.said()
    assert not any("Certify" in one.body.text for one in place.texts.sent if isinstance(one.body, TextBody))
    with place.database.reading() as db:
        counts = ledger_of(db, place.world.authority_id)
        assert counts["owed"] == sum(counts[state] for state in counts if state not in ("owed", "delivered"))
        assert {mail.units_sent for mail in db.scalars(select(WishMail))} <= {1, 2}


def test_in_wales_both_languages_fit_and_the_offer_is_in_both(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(database, monkeypatch, first_language="cy", languages=["cy", "en"])
    place.wait()
    place.offer()
    first, second = (one.body.text for one in place.send() if isinstance(one.body, TextBody))
    assert "ar y rhestr aros" in first
    assert "on the waiting list" in first
    assert "We hold it until" in second
    assert second.index("Rydym yn ei gadw tan") < second.index("We hold it until")
    assert [text_size(one).segments for one in (first, second)] == [2, 2]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"do_not_text": True}, "rung"),
        ({"do_not_text": True, "email": "kim@example.org"}, EMAIL),
        ({"phone": "", "phone_key": "", "email": "kim@example.org"}, EMAIL),
        ({"safe_hours": "22:00-23:00"}, "later"),
        ({"leave_no_message": True}, TEXT),
    ],
)
def test_how_they_are_reached_is_looked_up_when_it_is_sent(
    place: Place, columns: dict[str, object], expected: str
) -> None:
    place.wait()
    place.send()
    place.offer()
    place.change(**columns)
    found = [message.recipient.channel for message in place.send() + place.send()]
    assert found == ([expected] if expected in (EMAIL, TEXT) else [])
    assert place.is_rung() == (expected == "rung")


@pytest.mark.parametrize(
    ("told_by", "who", "is_refused"),
    [
        (BY_TEXT, KIM, False),
        (BY_PHONE, KIM, False),
        (BY_EMAIL, KIM, True),
        (BY_TEXT, ResidentDetails("Kim Sample", email="kim@example.org"), True),
    ],
)
def test_staff_and_programs_say_how_whoever_waits_is_told(
    place: Place, told_by: str, who: ResidentDetails, is_refused: bool
) -> None:
    new = NewWish("phone", services=("certify",), resident=who, told_by=told_by)
    council = (place.runtime, place.world.authority_id)
    if is_refused:
        with pytest.raises(Invalid):
            make_wish(*council, new, actor=AGENT)
        return
    assert len({make_wish(*council, new, actor=AGENT) for _ in "12"}) == 1
    assert [message.recipient.channel for message in place.send()] == ([TEXT] if told_by == BY_TEXT else [])
    place.offer()
    assert place.is_rung() == (told_by == BY_PHONE)
    assert len(place.send()) == (told_by == BY_TEXT)


@pytest.mark.parametrize(
    ("told_by", "columns", "expected"),
    [
        ("", {"phone": "07700 900123"}, EMAIL),
        (BY_TEXT, {"phone": "07700 900123"}, TEXT),
        (BY_TEXT, {"phone": "07700 900123", "contact_preference": "letter"}, TEXT),
        (BY_TEXT, {"phone": "07700 900123", "do_not_text": True}, EMAIL),
        (BY_PHONE, {"phone": "07700 900123"}, "rung"),
        (BY_EMAIL, {"phone": "07700 900123", "contact_preference": "text"}, EMAIL),
        (BY_TEXT, {}, "refused"),
        (BY_PHONE, {}, "refused"),
    ],
)
def test_whoever_has_an_appointment_says_how_they_are_told_of_an_earlier_one(
    place: Place, told_by: str, columns: dict[str, object], expected: str
) -> None:
    """It says nothing of the other messages about the appointment: those go as before."""
    reference, council = place.references[9], (place.runtime, place.world.authority_id)
    with place.database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        db.execute(update(Resident).where(Resident.id == row.resident_id).values(**({"name": "Kim"} | columns)))
        before = email_of(db, row.id)
    new = NewWish("phone", appointment=reference, told_by=told_by)
    if expected == "refused":
        with pytest.raises(Invalid):
            make_wish(*council, new, actor=AGENT)
        return
    make_wish(*council, new, actor=AGENT)
    place.offer()
    with place.database.reading() as db:
        owed = select(Notification.channel).where(Notification.kind == "earlier_time_1")
        assert db.scalars(owed).all() == ([] if expected == "rung" else [expected])
        assert email_of(db, row.id) == before
    assert place.is_rung() == (expected == "rung")
    make_wish(*council, replace(new, told_by=BY_PHONE), actor=AGENT)
    assert place.is_rung()
    with place.database.writing() as db:
        assert db.scalars(select(Proposal.answer_by)).one() >= NOW + timedelta(hours=4)
        assert db.scalars(select(Hold.expires_at)).one() >= NOW + timedelta(hours=4)
        db.execute(update(Resident).where(Resident.name == "Kim").values(phone="", phone_key=""))
        # Of who has no number any more a call is no way.
        assert can_be_told(db, row.id, wish_id=1) == (columns.get("contact_preference") != "letter")
    make_wish(*council, replace(new, told_by=""), actor=AGENT)
    with place.database.reading() as db:
        assert db.scalars(select(Wish.told_by)).one() == ""


def test_no_text_at_night(place: Place) -> None:
    place.runtime.clock.advance(timedelta(hours=15))  # type: ignore[attr-defined]
    place.wait()
    assert place.send() == []
    place.runtime.clock.advance(timedelta(hours=9))  # type: ignore[attr-defined]
    assert len(place.send()) == 1


@pytest.mark.parametrize("email", ["", "kim@example.org"])
@pytest.mark.parametrize("by", ["refusal", "receipt"])
def test_a_text_that_fails_for_good_goes_by_email_or_is_rung(place: Place, email: str, by: str) -> None:
    place.wait()
    place.send()
    place.change(email=email)
    place.offer()
    if by == "refusal":

        def refuse(_message: RenderedMessage) -> None:
            raise DeliveryFailed(permanent=True, detail="invalid_number")

        place.texts.on_send = refuse
        sent = place.send()
    else:
        (message,) = place.send()
        told = ProviderState("id", message.reference, "permanent-failure")
        with place.database.writing() as db:
            assert [learn(db, told, place.runtime.clock.now()) for _ in range(2)] == [Learnt.FAILED, Learnt.NOTHING]
        sent = place.send()
    assert [type(message.body) for message in sent] == ([EmailBody] if email else [])
    assert place.is_rung() == (not email)


def test_a_receipt_counts_once(place: Place) -> None:
    place.wait()
    (message,) = place.send()
    told = ProviderState("id", message.reference, "delivered")
    with place.database.writing() as db:
        assert [learn(db, told, NOW + A_MINUTE) for _ in range(2)] == [Learnt.DELIVERED, Learnt.NOTHING]
        assert ledger_of(db, place.world.authority_id)["delivered"] == 1


@pytest.mark.parametrize(
    ("words", "outcome", "state"),
    [("YES", "accepted", "met"), ("na", "declined", "open"), ("what time?", "to_read", "open")],
)
def test_yes_and_no_answer_an_offer(place: Place, words: str, outcome: str, state: str) -> None:
    place.wait()
    place.offer()
    place.send()
    text(place.runtime, words, number=AS_SENT)
    text(place.runtime, words, number=AS_SENT)
    assert outcomes(place.database) == [outcome, "repeated" if outcome != "to_read" else outcome]
    with place.database.reading() as db:
        assert db.scalars(select(Wish.state)).one() == state
        mine = select(Appointment).join(Resident, Resident.id == Appointment.resident_id)
        booked = db.scalars(mine.where(Resident.name == KIM.name)).all()
        assert [one.id for one in booked] == [
            one for one in db.scalars(select(InboundText.appointment_id)) if one is not None
        ]
    if outcome == "declined":
        assert "We go on looking for an appointment" in place.said()


def test_an_answer_after_the_offer_has_ended_is_read_by_a_person(place: Place) -> None:
    place.wait()
    place.offer()
    place.send()
    place.runtime.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    text(place.runtime, "YES", number=AS_SENT)
    assert outcomes(place.database) == ["to_read"]


def test_a_receipt_that_was_lost_is_asked_for_until_there_is_one(place: Place) -> None:
    place.wait()
    (message,) = place.send()
    states = iter([[], [ProviderState("id", message.reference, "delivered")]])
    place.texts.states_of = lambda reference, _: next(states) if reference == message.reference else []  # type: ignore[attr-defined]
    asked = []
    for minutes in (9, 2, 11, 11):
        place.runtime.clock.advance(minutes * A_MINUTE)  # type: ignore[attr-defined]
        asked.append(ask_providers(place.runtime, {TEXT: place.texts}))
    assert asked == [0, 1, 1, 0]
    with place.database.reading() as db:
        assert ledger_of(db, place.world.authority_id)["delivered"] == 1
        settings = replace(place.runtime.settings, notify_api_key="key")
        (texts,) = (one for one in allowances(db, settings, place.runtime.clock.now()) if one.channel == TEXT)
        assert (texts.sent_today, texts.due_tomorrow) == (1, 0)
