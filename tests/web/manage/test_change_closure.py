"""A closure gets another period from its page: the effect first, who fits again keeps their time and hears it once."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from booking.tables import RebookItem
from booking.use_cases.make_closure import lift_closure
from booking.use_cases.offers import make_offers, request_offers
from core.audit import Actor
from people.staff.policy import Role
from reminders.reach_queries import can_be_told
from reminders.tables import Notification
from tests.support.pages import Page, check_page
from tests.web.manage.conftest import book_tomorrow, shut_tomorrow
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")

MORNING = {"from_day": "2026-11-24", "from_time": "", "until_day": "2026-11-24", "until_time": "09:30"}
FROM_TODAY = {"from_day": "2026-11-23", "from_time": "12:00", "until_day": "2026-11-24", "until_time": ""}
TODAY_AT_THREE = -18 * 60


@pytest.fixture
def manager(library: Library) -> FlaskClient:
    return library.sign_in(Role.SITE_MANAGER, library.world.site_id)


@pytest.fixture
def closure(library: Library) -> int:
    """A closure of tomorrow over two visits with offers that went out; another visit is today."""
    book_tomorrow(library, TODAY_AT_THREE, 0, 30)
    found = shut_tomorrow(library)
    request_offers(library.runtime, library.world.authority_id, found, actor=Actor.system())
    make_offers(library.runtime, can_be_told)
    with library.database.writing() as db:
        db.execute(update(Notification).values(status="sent"))
    return found


def preview(client: FlaskClient, closure: int, **period: str) -> Page:
    answer = client.get(f"/staff/closures/{closure}/change/preview", query_string=period)
    assert answer.status_code == 200, answer.text
    return check_page(answer.text)


def change(client: FlaskClient, closure: int, **period: str) -> None:
    form = preview(client, closure, **period).form_to("/change")
    for _press in range(2):
        assert client.post(form.action, data=form.values()).status_code == 303


def states(library: Library) -> list[str]:
    with library.database.reading() as db:
        return list(db.scalars(select(RebookItem.state).order_by(RebookItem.appointment_id)))


def told(library: Library, kind: str) -> int:
    with library.database.reading() as db:
        of_kind = select(func.count()).select_from(Notification).where(Notification.kind.startswith(kind))
        return db.scalar(of_kind) or 0


def test_a_shorter_one_says_who_keeps_their_time_and_tells_them_once(
    library: Library, manager: FlaskClient, closure: int
) -> None:
    form = check_page(manager.get(f"/staff/closures/{closure}/change").text)
    assert form.form_to("/change/preview").values()["until_day"] == ["2026-11-24"]
    page = preview(manager, closure, **MORNING)
    for words in ("Affected in addition 0", "Keep their time 1", "Still to be rebooked 1", "Robin 30"):
        assert words in page.text
    assert states(library) == ["offered", "offered"]
    change(manager, closure, **MORNING)
    assert states(library) == ["offered", "kept"]
    assert told(library, "going_ahead") == 1


def test_a_longer_one_offers_other_times_to_who_is_new_and_nothing_to_the_others(
    library: Library, manager: FlaskClient, closure: int
) -> None:
    page = preview(manager, closure, **FROM_TODAY)
    for words in ("Affected in addition 1", "Keep their time 0", "Robin -1080"):
        assert words in page.text
    change(manager, closure, **FROM_TODAY)
    assert states(library) == ["offered", "offered", "offered"]
    assert told(library, "offer") == 3


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ({"from_day": ""}, "Enter the first day"),
        ({"until_day": "yesterday"}, "There is a problem"),
        ({"until_day": "2026-11-23"}, "There is a problem"),
    ],
)
def test_a_period_that_cannot_be_is_refused_with_what_was_typed(
    library: Library, manager: FlaskClient, closure: int, period: dict[str, str], words: str
) -> None:
    answer = manager.get(f"/staff/closures/{closure}/change/preview", query_string=MORNING | period)
    assert answer.status_code == 400
    page = check_page(answer.text)
    assert words in page.text
    assert page.form_to("/change/preview").values()["until_time"] == ["09:30"]
    assert states(library) == ["offered", "offered"]


def test_a_lifted_one_and_another_sites_are_not_changed(library: Library, manager: FlaskClient, closure: int) -> None:
    stranger = library.sign_in(Role.SITE_MANAGER, library.other_site_id)
    token = check_page(stranger.get("/staff/").text).form_to("sign-out").fields["csrf_token"]
    address = f"/staff/closures/{closure}/change"
    assert stranger.get(address).status_code == stranger.get(f"{address}/preview").status_code == 404
    assert stranger.post(address, data=MORNING | {"csrf_token": token}).status_code == 404
    form = preview(manager, closure, **MORNING).form_to("/change")
    lift_closure(library.runtime, library.world.authority_id, closure, actor=Actor.system())
    late = [manager.get(address), manager.get(f"{address}/preview", query_string=MORNING)]
    for answer in (*late, manager.post(form.action, data=form.values())):
        assert answer.status_code == 303
        assert "A colleague has lifted this closure" in check_page(manager.get(answer.location).text).text


def test_the_preview_says_which_time_is_free_for_whoever_is_affected_in_addition(
    manager: FlaskClient, closure: int
) -> None:
    """Neither in the old period nor in the new one, which begins today at noon."""
    page = preview(manager, closure, **FROM_TODAY)
    text = page.text[page.text.index("Affected in addition", page.text.index("Still to be rebooked")) :]
    assert "Free now: Mon 23 Nov" in text or "Free now: Wed 25 Nov" in text
    assert "Free now: Tue 24 Nov" not in text
