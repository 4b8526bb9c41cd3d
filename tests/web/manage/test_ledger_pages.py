"""The account of a day's messages: every figure opens to its messages, and what is not in order is said."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from people.staff.policy import POLICY, Action, Role
from reminders.delivery_decisions import STATES
from reminders.ledger import pause_sending
from reminders.ledger_queries import LedgerAlarm, are_messages_in_order, ledger_alarms
from reminders.pauses import PauseScope
from reminders.pausing import NewPause, pause_messages
from reminders.tables import Notification
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import AGENT, NOW
from tests.support.pages import check_page
from tests.web.site.conftest import TODAY, Library
from web.manage.pause_forms import WHILE_PAUSED
from web.message_labels import MESSAGE_KINDS

LEDGER, PAUSES = "/staff/ledger", "/staff/pauses"
pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("role", Role)
def test_managers_see_it(library: Library, role: Role) -> None:
    client = library.sign_in(role, library.world.site_id)
    may = role in POLICY[Action.MANAGE_CLOSURES]
    assert client.get(LEDGER).status_code == (200 if may else 404)
    assert (f'href="{LEDGER}"' in client.get("/staff/").text) == may


def test_the_figures_of_a_day_are_all_that_was_owed_and_open_to_the_messages(library: Library) -> None:
    owe(library.database, library.world, len(STATES), now=library.clock.now())
    with library.database.writing() as db:
        for number, status in enumerate(STATES, start=1):
            reason = "550 nobody here" if status == "failed" else ""
            db.execute(update(Notification).where(Notification.id == number).values(status=status, reason=reason))
    client = library.sign_in(Role.AUTHORITY_ADMIN)
    page = check_page(client.get(LEDGER).text)
    links = [href for _, href in page.links if href.startswith(f"{LEDGER}/reminder/email/")]
    assert len(links) == len(STATES)
    for link in links:
        assert len([href for _, href in check_page(client.get(link).text).links if "/staff/messages/" in href]) == 1
    failed = next(link for link in links if "/failed" in link)
    assert "550 nobody here" in client.get(failed).text
    assert "No message was due that day" in client.get(f"{LEDGER}?day=2026-01-05").text
    assert "Reminder" in client.get(f"{LEDGER}?day={TODAY}&site=high-street").text
    assert client.get(f"{LEDGER}?day=yesterday").status_code == 404
    elsewhere = library.sign_in(Role.SITE_MANAGER, library.other_site_id)
    assert "No message was due that day" in elsewhere.get(LEDGER).text


def test_what_goes_out_tomorrow_is_counted_and_opens(library: Library) -> None:
    tomorrow = library.clock.now() + timedelta(days=1)
    owe(library.database, library.world, 3, now=tomorrow)
    client = library.sign_in(Role.AUTHORITY_ADMIN)
    page = client.get(LEDGER).text
    assert "Reminder, Email: 3" in page
    (opened,) = [href for _, href in check_page(page).links if href.startswith(f"{LEDGER}/reminder/email/pending")]
    assert len(re.findall(r'href="/staff/messages/', client.get(opened).text)) == 3


@pytest.mark.parametrize(
    ("values", "alarm"),
    [
        ({"status": "sent"}, None),
        ({"status": "lost"}, LedgerAlarm.UNBALANCED),
        ({"status": "failed"}, LedgerAlarm.FAILING),
        ({"status": "pending", "next_try_at": NOW + timedelta(minutes=30)}, LedgerAlarm.OVERDUE),
        ({"status": "pending", "next_try_at": NOW + timedelta(minutes=31)}, None),
        ({"status": "pending", "next_try_at": NOW, "channel": "call"}, None),
    ],
)
def test_an_alarm_says_what_is_not_in_order(
    library: Library, values: dict[str, object], alarm: LedgerAlarm | None
) -> None:
    now = library.clock.now()  # an hour after NOW
    owe(library.database, library.world, 30, now=now - timedelta(minutes=1))
    with library.database.writing() as db:
        some = select(Notification.id).order_by(Notification.id).limit(4).scalar_subquery()
        db.execute(update(Notification).values(status="sent"))
        db.execute(update(Notification).where(Notification.id.in_(some)).values(values))
        assert db.scalar(select(func.count(Notification.id))) == 30
    with library.database.reading() as db:
        assert ledger_alarms(db, library.world.authority_id, now) == ([alarm] if alarm else [])
    assert are_messages_in_order(library.runtime) == (alarm is None)
    client = library.sign_in(Role.AUTHORITY_ADMIN)
    assert client.get("/readyz").get_json()["alarms"]["messages"] == (alarm is None)
    assert ("govuk-warning-text" in client.get(LEDGER).text) == (alarm is not None)


def test_a_manager_pauses_messages_everybody_sees_it_and_one_press_resumes(library: Library) -> None:
    client, other = library.sign_in(Role.AUTHORITY_ADMIN), library.sign_in(Role.SITE_STAFF, library.world.site_id)
    assert (other.get(PAUSES).status_code, other.post(PAUSES).status_code) == (404, 404)
    page = check_page(client.get(PAUSES).text)
    assert "Nothing. All messages go out" in page.text
    token = page.form_to(PAUSES).fields["csrf_token"]
    wrong = client.post(PAUSES, data={"until_time": "10:00", "csrf_token": token})
    assert wrong.status_code == 400
    assert [text for text in ("Choose what you want to pause", "Enter a reason") if text not in wrong.text] == []
    form = {"what": "kind:reminder", "reason": "The times are wrong", "until_day": TODAY, "until_time": "08:59"} | {
        "csrf_token": token
    }
    assert "still to come" in client.post(PAUSES, data=form).text
    form |= {"until_time": "17:00"}
    assert client.post(PAUSES, data=form | {"until_day": ""}).status_code == 400
    for _ in range(2):
        assert client.post(PAUSES, data=form, follow_redirects=True).status_code == 200
    for answer in (client.get(PAUSES), client.get(LEDGER), client.get("/staff/"), other.get("/staff/")):
        text = check_page(answer.text).text
        assert "Not sent: Reminder" in text
        assert "Paused by Authority admin" in text
        assert "The times are wrong" in text
    assert f'href="{PAUSES}"' not in other.get("/staff/").text
    (resume,) = re.findall(rf'action="({PAUSES}/\d+/resume)"', client.get(PAUSES).text)
    assert "Resumed" in client.post(resume, data={"csrf_token": token}, follow_redirects=True).text
    again = client.post(resume, data={"csrf_token": token})
    assert (again.status_code, "This pause has ended by itself" in again.text) == (404, True)
    assert "Messages are paused" not in client.get("/staff/").text


def test_resume_says_who_is_told_then_and_what_is_of_no_use_any_more(library: Library) -> None:
    now = library.clock.now()
    owe(library.database, library.world, 5, now=now)
    new = NewPause(PauseScope.KIND, "reminder", "The times are wrong")
    pause_messages(library.runtime, library.world.authority_id, new, actor=AGENT)
    with library.database.writing() as db:
        changes: list[dict[str, object]] = [
            {"useful_until": now},  # nobody has closed it yet
            {"status": "late", "reason": "paused", "closed_at": now},
            {"due_at": now + timedelta(hours=1)},  # not due, whatever is paused
            {"kind": "confirmation"},  # not held back
        ]
        for number, values in enumerate(changes, start=1):
            db.execute(update(Notification).where(Notification.id == number).values(values))
    client = library.sign_in(Role.AUTHORITY_ADMIN)
    text = check_page(client.get(PAUSES).text).text
    assert "1 person, at once or after your quiet hours: Reminder" in text
    assert "2 messages came to be of no use while they waited, and are not sent" in text
    other = NewPause(PauseScope.ALL, "", "All is wrong")
    pause_messages(library.runtime, library.world.authority_id, other, actor=AGENT)
    text = check_page(client.get(PAUSES).text).text
    assert "1 person, at once or after your quiet hours: Confirmation" in text
    assert "at once or after your quiet hours: Reminder" not in text  # each pause holds them back


def test_the_page_says_of_every_kind_of_message_what_it_does_in_a_pause() -> None:
    assert set(WHILE_PAUSED) == set(MESSAGE_KINDS)


def test_what_whoever_runs_the_service_has_stopped_stands_there_without_a_button(library: Library) -> None:
    pause_sending(library.runtime)
    page = library.sign_in(Role.AUTHORITY_ADMIN).get(PAUSES).text
    assert "Stopped by whoever runs the service" in page
    assert "/resume" not in page
