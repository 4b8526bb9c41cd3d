"""Somebody is away: the form, who of their visitors a colleague takes, and the list of the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from booking.use_cases.absences import Absence, record_absence
from booking.use_cases.make_closure import NewClosure
from core.audit import Actor
from locations.catalogue_queries import bump_plan
from locations.tables import Closure, Resource, Service
from tests.support.factories import NOW, make_resource, make_session
from tests.support.pages import Page, check_page
from tests.web.site.conftest import SITE, TODAY, Library

pytestmark = pytest.mark.databases("sqlite")
AWAY = f"{SITE}/away"
ALL_DAY = {"resource": "desk-1", "starts": "now", "until_day": TODAY, "reason": "Back tomorrow"}


@pytest.fixture(autouse=True)
def advisers(library: Library) -> None:
    """The library's two desks are two advisers."""
    with library.database.writing() as db:
        db.execute(update(Resource).values(kind="adviser"))
        db.execute(update(Service).values(requirements=[{"kind": "adviser", "skills": []}]))
        bump_plan(db, library.world.authority_id)


def preview(client: FlaskClient, **values: str) -> Page:
    form = check_page(client.get(AWAY).text).form_to("/preview")
    answer = client.get(form.action, query_string=form.values(**ALL_DAY | values))
    assert answer.status_code == HTTPStatus.OK
    return check_page(answer.text)


def test_colleagues_take_what_they_can_and_the_others_are_offered_another_time(
    library: Library, manager: FlaskClient
) -> None:
    references = [library.book(minutes) for minutes in (60, 60, 120)]
    desks = [library.desk_of(reference) for reference in references]
    shown = preview(manager, resource=f"desk-{desks[2]}")
    assert "2 visits are affected" in shown.text
    assert "A colleague can take 1 visit" in shown.text
    assert "Nobody else is free for 1 visit" in shown.text
    form = shown.form_to("/away")
    assert form.says_who_is_told
    for _press in range(2):
        answer = manager.post(form.action, data=form.values(offers="1"))
        assert answer.status_code == HTTPStatus.SEE_OTHER
    closure = check_page(manager.get(answer.location).text)
    for words in (
        "It is saved",
        "To ring 1",
        "Moved, or taken by a colleague 1",
        "held until",
        "Back tomorrow",
    ):
        assert words in closure.text
    assert library.desk_of(references[2]) != desks[2]
    assert "1 visit is affected" in preview(manager, resource=f"desk-{desks[2]}").text


def test_nobody_is_chosen_before_somebody_chooses(manager: FlaskClient) -> None:
    form = check_page(manager.get(AWAY).text).form_to("/preview")
    answer = manager.get(form.action, query_string=form.values(starts="now", until_day=TODAY))
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "Choose who is away" in check_page(answer.text).text


def test_an_absence_that_is_recorded_already_is_shown_and_not_recorded_twice(
    library: Library, manager: FlaskClient
) -> None:
    """Two windows, or two colleagues: the second is told, and comes to the same list."""
    library.book(60)
    library.book(60)
    first, second = (preview(manager, resource="desk-1").form_to("/away") for _window in range(2))
    made = [manager.post(form.action, data=form.values()).location for form in (first, second)]
    assert made[1] == made[0].partition("?")[0]
    assert "Some of this is shut already" in preview(manager, resource="desk-1").text


@pytest.mark.parametrize("other", ["the whole site", "somebody of the same name"])
def test_an_absence_while_something_else_is_shut_is_recorded_and_offers_go_to_its_own_people(
    library: Library, manager: FlaskClient, other: str
) -> None:
    """Whoever is on the list of the other closure was on no preview here."""
    references = [library.book(minutes) for minutes in (60, 60, 120)]
    desk = library.desk_of(references[2])
    with library.database.writing() as db:
        db.execute(update(Resource).values(name="Sam"))
        bump_plan(db, library.world.authority_id)
        ids = {row.slug: row.id for row in db.scalars(select(Resource))}
    colleague = next(ids[slug] for slug in ids if slug != f"desk-{desk}")
    form = preview(manager, resource=f"desk-{desk}").form_to("/away")
    library.close(NOW, NOW + timedelta(days=2), resource_id=None if other == "the whole site" else colleague)
    with library.database.reading() as db:
        wider = db.scalars(select(Closure.id)).one()
    answer = manager.post(form.action, data=form.values(offers="1"))
    assert answer.location != f"/staff/closures/{wider}?done=away"
    with library.database.reading() as db:
        closures = {row.id: row for row in db.scalars(select(Closure))}
        assert closures[wider].offers_wanted_at is None
        made = next(row for key, row in closures.items() if key != wider)
        assert (made.resource_id, made.offers_wanted_at is None) == (ids[f"desk-{desk}"], False)


@pytest.mark.databases("sqlite", "postgresql")
def test_of_several_who_record_it_at_once_one_does(library: Library) -> None:
    key = (library.runtime, library.world.authority_id)
    away = NewClosure(NOW, NOW + timedelta(hours=4), site="high-street", resource="desk-1")

    def record(_number: int) -> Absence:
        return record_absence(*key, away, [], actor=Actor.system())

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(record, range(4)))
    assert len({one.closure_id for one in made}) == 1
    assert [one.is_new for one in made].count(True) == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"until_day": "2026-11-22"}, "They must be back after they have gone"),
        ({"until_day": ""}, "Enter the last day"),
        ({"starts": "later"}, "Enter the first day"),
        ({"resource": "nobody"}, "“Who is away”: choose one of those on the page"),
        ({"reason": "x" * 201}, "200"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_the_rest_stays(
    library: Library, manager: FlaskClient, values: dict[str, str], words: str
) -> None:
    answer = manager.get(f"{AWAY}/preview", query_string=ALL_DAY | values)
    page = check_page(answer.text)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert words in page.text
    kept = page.form_to("/preview").fields
    assert kept["reason"] == [values.get("reason", "Back tomorrow")]
    form = preview(manager).form_to("/away")
    assert manager.post(form.action, data=form.values(**values)).status_code in (400, 303)


def test_who_works_at_several_sites_is_away_from_the_managers_own_alone(
    library: Library, manager: FlaskClient, admin: FlaskClient
) -> None:
    """An administrator says that they are away everywhere; the form that shuts something has them as well."""
    world = library.world
    person = make_resource(library.database, world.authority_id, None, "dana", name="Dana", kind="adviser")
    make_session(library.database, world.authority_id, world.site_id, [person], world.service_ids, "danas")
    with library.database.writing() as db:
        bump_plan(db, world.authority_id)
    assert "away from this one alone" in check_page(manager.get(AWAY).text).text
    assert "Dana, at High Street Library alone" in manager.get("/staff/closures/new?site=high-street").text
    for client, site_id, place in ((manager, world.site_id, "At High Street Library alone"), (admin, None, "Dana")):
        page = preview(client, resource="dana")
        assert place in page.text
        form = page.form_to("/away")
        answer = client.post(form.action, data=form.values())
        assert "Dana" in check_page(client.get(answer.location).text).text
        with library.database.reading() as db:
            newest = db.scalars(select(Closure).order_by(Closure.id.desc())).first()
        assert newest is not None
        assert (newest.site_id, newest.resource_id) == (site_id, person)


def test_a_visit_that_the_absence_does_not_affect_stays_whatever_is_sent(
    library: Library, manager: FlaskClient
) -> None:
    """Or else a manager could give away visits of another site, that wait there for another desk."""
    reference = library.book(60)
    desk = library.desk_of(reference)
    with library.database.reading() as db:
        desks = {row.slug: row.id for row in db.scalars(select(Resource))}
    library.close(NOW, NOW + timedelta(hours=8), resource_id=desks[f"desk-{desk}"])
    other = next(slug for slug in desks if slug != f"desk-{desk}")
    later = {"starts": "later", "from_day": "2026-11-30", "until_day": "2026-11-30", "resource": other}
    form = preview(manager, **later).form_to("/away")
    answer = manager.post(form.action, data=form.values() | {"visit": f"{reference}:1"})
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert library.desk_of(reference) == desk


def test_another_site_s_people_are_not_shown(manager: FlaskClient, admin: FlaskClient) -> None:
    for path in (AWAY, f"{AWAY}/preview"):
        assert manager.get(path.replace("high-street", "mill-lane")).status_code == HTTPStatus.NOT_FOUND
    assert "No adviser" in check_page(admin.get("/staff/sites/mill-lane/away").text).text
