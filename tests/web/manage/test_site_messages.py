"""Staff write to everybody who is booked at a site on a day: a preview first, then it is sent, once."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from locations.catalogue_queries import bump_plan
from locations.tables import Authority
from people.residents.tables import Resident
from people.staff.policy import POLICY, Action, Role
from reminders.tables import Notification, SiteMessage
from tests.support.pages import check_page
from tests.web.site.conftest import TODAY, Library

PATH = "/staff/day-messages"
FORM = {"site": "high-street", "day": TODAY, "service": "", "text": "The lift is <broken>.\nRing the bell."}
pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("role", Role)
def test_managers_write_for_their_own_sites(library: Library, role: Role) -> None:
    library.book(30)
    client = library.sign_in(role, library.other_site_id)
    may = role in POLICY[Action.MANAGE_CLOSURES]
    answer = client.get(PATH)
    assert answer.status_code == (200 if may else 404)
    if role is Role.SITE_MANAGER:
        token = check_page(answer.text).form_to(f"{PATH}/preview").fields["csrf_token"]
        for address in (f"{PATH}/preview", PATH):
            assert client.post(address, data=FORM | {"csrf_token": token}).status_code == 400
    with library.database.reading() as db:
        assert db.scalars(select(SiteMessage)).all() == []


def test_the_preview_says_who_is_reached_how_and_sends_nothing(library: Library) -> None:
    library.book(30)
    without = library.book(60)
    with library.database.writing() as db:
        last = select(Resident.id).order_by(Resident.id.desc()).limit(1).scalar_subquery()
        db.execute(update(Resident).where(Resident.id == last).values(email="", phone="07700 900199"))
        db.execute(update(Authority).values(languages=["en", "cy"]))
        bump_plan(db, library.world.authority_id)
    client = library.sign_in(Role.AUTHORITY_ADMIN)
    page = check_page(client.get(PATH).text)
    form = page.form_to(f"{PATH}/preview")
    assert "text_cy" in form.fields
    sent = FORM | {"csrf_token": form.fields["csrf_token"]}
    for wrong in ({"text": ""}, {"day": "2026-11-22"}, {"day": "2026-12-24"}, {"site": ""}, {"text": "x" * 451}):
        assert client.post(f"{PATH}/preview", data=sent | wrong).status_code == 400
        assert client.get("/staff/").status_code == 200
    answer = client.post(f"{PATH}/preview", data=sent)
    shown = check_page(answer.text)
    assert "2 people are booked then" in shown.text
    assert "Email: 1" in shown.text
    assert "Telephone call by staff: 1" in shown.text
    assert "told nothing" not in shown.text
    assert "07700 900199" in shown.text
    assert f"/staff/messages/{without}" in answer.text
    assert "The lift is &lt;broken&gt;." in answer.text
    assert "@example.org" in shown.text
    assert "robin@example.org" not in shown.text
    with library.database.reading() as db:
        assert db.scalars(select(SiteMessage)).all() == []
        before = db.scalars(select(Notification.id)).all()
    ready = shown.form_to(PATH).values()
    first = client.post(PATH, data=ready, follow_redirects=True)
    assert "It goes to 1 person. Staff ring 1 person." in check_page(first.text).text
    again = client.post(PATH, data=ready, follow_redirects=True)
    assert "Nobody is told twice" in check_page(again.text).text
    with library.database.reading() as db:
        new = db.scalars(select(Notification.channel).where(Notification.id.not_in(before))).all()
    assert sorted(new) == ["call", "email"]
    called = client.get(f"/staff/untold/{without}")
    assert "The lift is &lt;broken&gt;." in called.text


def test_every_language_in_use_has_an_example_and_is_what_staff_read_out(library: Library) -> None:
    references = [library.book(minute) for minute in (30, 60, 90, 120)]
    with library.database.writing() as db:
        ids = db.scalars(select(Resident.id).order_by(Resident.id)).all()
        for id_, (code, email) in zip(ids, (("en", ""), ("cy", ""), ("en", "a"), ("cy", "b")), strict=True):
            values = {
                "message_language": code,
                "email": f"{email}@example.org" if email else "",
                "phone": "07700 900199",
            }
            db.execute(update(Resident).where(Resident.id == id_).values(**values))
        db.execute(update(Resident).where(Resident.id == ids[1]).values(message_language=""))
        db.execute(update(Authority).values(languages=["cy", "en"], first_language="cy"))
        bump_plan(db, library.world.authority_id)
    client = library.sign_in(Role.AUTHORITY_ADMIN)
    token = check_page(client.get(PATH).text).form_to(f"{PATH}/preview").fields["csrf_token"]
    answer = client.post(f"{PATH}/preview", data=FORM | {"csrf_token": token, "text_cy": "Mae'r lifft wedi torri."})
    shown = check_page(answer.text)
    assert "An email, as one of them gets it, in English" in shown.text
    assert "An email, as one of them gets it, in Welsh" in shown.text
    assert "Mae'r lifft wedi torri." in shown.text.replace("’", "'")
    assert "/manage/example" in answer.text
    client.post(PATH, data=shown.form_to(PATH).values())
    for reference, is_both in zip(references[:2], (False, True), strict=True):
        called = check_page(client.get(f"/staff/untold/{reference}").text).text
        assert "The lift is <broken>." in called
        assert ("wedi torri" in called) == is_both
