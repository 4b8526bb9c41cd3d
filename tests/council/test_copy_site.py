"""A site copied: everything that opens it, nothing that happened there, and what to look at is said before it is saved."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from booking.use_cases.change_set_up import current_tables
from locations.importing.set_up_tables import Thing, things_in
from locations.site_copies import site_copy
from tests.council.test_set_up import form_at, page_of, post, save
from tests.support.factories import make_resource
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")
COPY, HOME = "/staff/set-up/copy-site/high-street", "/staff/set-up"
TODAY = date(2026, 11, 23)


def things(library: Library) -> Any:
    with library.database.reading() as db:
        return things_in(current_tables(db, library.world.authority_id))


def of_site(found: Any, slug: str, kind: str) -> list[Any]:
    return [one.table for key, one in found.items() if key.kind == kind and key.slugs[0] == slug]


def test_a_site_is_copied_with_its_desks_and_hours_and_without_its_appointments(
    library: Library, admin: FlaskClient
) -> None:
    library.book(24 * 60)
    form = page_of(admin, page_of(admin, f"{HOME}/site/high-street").link("Copy the site")).form_to("/high-street")
    assert form.fields["resources"] == ["desk-1", "desk-2"]
    wrong = {
        "2026-13-01": "Enter a date",
        "": "Enter from which day it is open",
        "2026-11-22": "Choose today or a later day",
    }
    for day, words in wrong.items():
        refused = post(admin, form, 400, address="2 New Street", from_day=day)
        assert refused.form_to("/high-street").fields["address"] == ["2 New Street"]
        assert "This needs “Name of the site”" in refused.text
        assert words in refused.text
    values: dict[str, Any] = {
        "name": "New Street Library",
        "address": "2 New Street",
        "postcode": "B1 1AA",
        "from_day": "2026-11-23",
    }
    never = post(admin, form, **values | {"resources": []})
    assert "the new one never opens" in never.text
    preview = post(admin, form, **values)
    assert "Every booked appointment still fits" in preview.text
    assert "There is already" not in preview.text
    back = preview.form_to("/high-street")
    assert post(admin, back).form_to("/high-street").fields["name"] == ["New Street Library"]
    assert save(admin, preview).startswith(f"{HOME}/site/new-street-library?saved=1")
    found = things(library)
    for kind in ("resource", "session"):
        assert of_site(found, "new-street-library", kind) == of_site(found, "high-street", kind) != []
    old, new = of_site(found, "high-street", "site")[0], of_site(found, "new-street-library", "site")[0]
    assert (new["address"], new.get("features")) == ("2 New Street", old.get("features"))
    assert "0 booked" not in page_of(admin, "/staff/sites/new-street-library/week?date=2026-11-24").text


def test_a_name_that_is_there_already_is_said_before_it_is_saved(library: Library, admin: FlaskClient) -> None:
    town, site = library.world.authority_id, library.world.site_id
    make_resource(library.database, town, site, "ann-price", name="Ann Price", kind="adviser")
    cases: tuple[tuple[str, dict[str, Any], str], ...] = (
        (COPY, {"name": "mill lane  library", "from_day": "2026-12-01"}, "There is already a site “Mill Lane Library”"),
        (f"{HOME}/site/new", {"name": "Mill Lane Library", "kind": "library"}, "There is already a site “Mill Lane"),
        (f"{HOME}/site/high-street", {"name": "Mill Lane Library"}, "There is already a site “Mill Lane Library”"),
        (
            f"{HOME}/resource/new?site=high-street",
            {"name": "Desk 1", "kind": "desk"},
            "There is already “Desk 1” at High",
        ),
        (f"{HOME}/person/new", {"name": "Desk 1", "kind": "adviser"}, "There is already “Desk 1” at High Street"),
        (f"{HOME}/person/new", {"name": "Ann Price", "kind": "adviser"}, "save this, give it their sessions by"),
        (
            f"{HOME}/resource/new?site=mill-lane",
            {"name": "ann  price", "kind": "adviser"},
            "If it is the same person, do not save this",
        ),
        (f"{HOME}/resource/new?site=mill-lane", {"name": "Ann Price", "kind": "room"}, ""),
        (f"{HOME}/resource/new?site=mill-lane", {"name": "Desk 1", "kind": "desk"}, ""),
        (f"{HOME}/site/high-street", {"phone": "020 7946 0000"}, ""),
    )
    for address, values, words in cases:
        preview = post(admin, form_at(admin, address), **values)
        assert "Save it" in preview.text, address
        assert (words or "There is already") in preview.text if words else "There is already" not in preview.text, (
            address
        )


def test_the_copy_begins_on_its_day_with_what_is_ticked(library: Library) -> None:
    found = dict(things(library))
    key = next(key for key in found if key.kind == "session")
    found[key] = Thing((), {**found[key].table, "exceptions": [{"date": "2026-11-30"}, {"date": "2026-12-28"}]})
    common: dict[str, Any] = {"today": TODAY, "school_days_off": frozenset()}
    own = {"slug": "new", "name": "New"}
    edits = site_copy(found, "high-street", own, ["desk-2"], from_day=date(2026, 12, 5), **common)
    _site, desk, session = (dict(edit.table or {}) for edit in edits)
    assert (desk["slug"], session["resources"], session["first_date"]) == ("desk-2", ["desk-2"], "2026-12-07")
    assert session["exceptions"] == [{"date": "2026-12-28"}]
    found[key] = Thing((), {**found[key].table, "last_date": "2026-11-20"})
    assert [edit.key.kind for edit in site_copy(found, "high-street", own, ["desk-2"], from_day=None, **common)] == [
        "site",
        "resource",
    ]


def test_people_of_the_site_and_fixed_rooms_are_not_copied_by_themselves(library: Library, admin: FlaskClient) -> None:
    """Nobody is at two places at once, and no two visits meet in one room."""
    fixed, own = "https://video.example.org/ann", "https://video.example.org/{room}"
    for name, address in (("desk-1", fixed), ("desk-2", own)):
        form = form_at(admin, f"{HOME}/resource/{name}?site=high-street")
        save(admin, post(admin, form, kind="adviser" if name == "desk-1" else "desk", joining_address=address))
    assert form_at(admin, COPY).fields["resources"] == ["desk-2"]
    common: dict[str, Any] = {"from_day": None, "today": TODAY, "school_days_off": frozenset()}
    edits = site_copy(things(library), "high-street", {"slug": "new"}, ["desk-1", "desk-2"], **common)
    copied = {edit.key.slugs[1]: dict(edit.table or {}) for edit in edits if edit.key.kind == "resource"}
    assert "joining_address" not in copied["desk-1"]
    assert copied["desk-2"]["joining_address"] == own
