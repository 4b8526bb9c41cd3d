"""A triage is written on screens: part by part, checked as it grows, and saved as the file says it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking.use_cases.change_set_up import current_tables
from locations.triage.tree_checks import Problem
from tests.council.test_set_up import page_of, post, save
from tests.support.pages import Form, Page, check_page
from tests.web.site.conftest import Library
from web.manage.triage_draft import OUTCOMES, QUESTIONS, TriageDraft, with_theirs
from web.manage.triage_part_checks import wrong_in_part
from web.manage.triage_problem_texts import TEXTS, problem_text

pytestmark = pytest.mark.databases("sqlite")
TRIAGES = "/staff/set-up/triages"


def part_form(page: Page) -> Form:
    """The form of a part."""
    return next(form for form in page.forms if "/parts/" in form.action)


def whole_form(page: Page) -> Form:
    """The form that leads from all parts to what changes."""
    return next(form for form in page.forms if form.action.startswith(TRIAGES))


def send_part(client: FlaskClient, overview: Page, link: str, **values: Any) -> Page:
    """The page of all parts after the one that the link leads to was written."""
    form = part_form(page_of(client, overview.link(link)))
    return post(client, form, **values)


def triage_in(library: Library) -> dict[str, Any]:
    with library.database.reading() as db:
        tables: Any = current_tables(db, library.world.authority_id)
    return dict(tables["triages"][0])


def test_a_triage_is_written_part_by_part_and_saved_as_the_file_has_it(library: Library, admin: FlaskClient) -> None:
    begun = check_page(admin.get(page_of(admin, TRIAGES).link("Write a new triage"), follow_redirects=True).text)
    page = post(admin, part_form(begun), name="Help with a home", services=["certify"])
    assert "It has no first question yet." in page.text
    page = send_part(admin, page, "Add an outcome", kind="ring", title="Ring now", phone="01632 960001", hours="Always")
    page = send_part(admin, page, "Add an outcome", kind="book", title="Book a visit", services=["certify"])
    form = part_form(page_of(admin, page.link("Add a question")))
    for _ in range(2):
        form = part_form(post(admin, form, add="answers", ask="Somewhere to sleep?"))
    wrong: dict[str, Any] = {
        "answers-0-answer": "No",
        "answers-0-leads_to": "book-a-visit",
        "answers-0-means": "homeless_tonight",
    }
    yes: dict[str, Any] = {"answers-1-answer": "Yes", "answers-1-leads_to": "book-a-visit"}
    page = post(admin, form, ask="Somewhere to sleep?", **wrong, **yes)
    assert "is no end for what cannot wait" in page.text
    assert "No answer leads to “Ring now”" in page.text
    refused = post(admin, whole_form(page), 400)
    assert "There is a problem" in refused.text
    page = send_part(admin, refused, "Somewhere to sleep?", **(wrong | {"answers-0-leads_to": "ring-now"}))
    assert "Checked: every answer leads to help" in page.text
    tried = page_of(admin, page_of(admin, page.link("Try it as people go through it")).link("No"))
    assert tried.title.startswith("Try it")
    assert "01632 960001" in tried.text
    save(admin, post(admin, whole_form(page)))
    saved = triage_in(library)
    assert (saved["slug"], saved["first"], saved["services"]) == ("help-with-a-home", "somewhere-to-sleep", ["certify"])
    assert saved["questions"][0]["answers"] == [
        {"answer": "No", "leads_to": "ring-now", "means": "homeless_tonight"},
        {"answer": "Yes", "leads_to": "book-a-visit"},
    ]
    page = page_of(admin, f"{TRIAGES}/help-with-a-home")
    page = send_part(admin, page, "Book a visit", title="Book a time")
    assert "Not saved yet" in page.text
    save(admin, post(admin, whole_form(page)))
    assert triage_in(library)["outcomes"][1]["title"] == "Book a time"
    page = page_of(admin, f"{TRIAGES}/help-with-a-home")
    save(admin, post(admin, whole_form(page), remove="1"))
    assert "There are none yet" in page_of(admin, TRIAGES).text


def test_words_stand_when_a_part_cannot_be_kept(admin: FlaskClient, library: Library) -> None:
    form = part_form(page_of(admin, f"{TRIAGES}/new/parts/new.question"))
    page = post(admin, form, 400, ask="", help="In your own words")
    assert "This needs “The question”." in page.text
    assert part_form(page).fields["help"] == ["In your own words"]
    assert library


def test_every_problem_has_words_that_name_the_part(app: Flask) -> None:
    draft = TriageDraft({QUESTIONS: [{"slug": "one", "ask": "Who?"}], OUTCOMES: [{"slug": "end", "title": "Ring"}]}, "")
    with app.test_request_context():
        texts = {code: problem_text(draft.tree, Problem(code, "one", ("one", "end"))) for code in TEXTS}
    assert all("{" not in text for text in texts.values())
    assert texts["loop"] == "It goes round in a loop: Who? → Ring."


def test_a_part_that_is_taken_away_is_missed_where_it_was_named() -> None:
    draft = TriageDraft({}, "")
    draft, first = draft.with_part(QUESTIONS, "", {"ask": "Who?", "answers": [{"answer": "I", "leads_to": "ring"}]})
    draft, end = draft.with_part(OUTCOMES, "", {"kind": "ring", "title": "Ring"})
    assert (first, end, draft.problems) == ("who", "ring", ())
    assert [one.code for one in draft.without(end).problems] == ["leads_nowhere"]
    again, same = draft.with_part(OUTCOMES, end, {"kind": "ring", "title": "Ring now"})
    assert (same, again.tree.outcomes["ring"].title) == ("ring", "Ring now")


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ({"kind": "ring", "title": "Ring", "phone": "not a phone", "hours": "Always"}, {("phone",)}),
        ({"kind": "ring", "title": "x" * 500}, {("title",), ("phone",), ("hours",)}),
        ({"kind": "book", "title": "Book", "services": ["certify"]}, set()),
    ],
)
def test_a_value_that_the_file_refuses_is_refused_at_its_field(table: dict[str, Any], wrong: set[Any]) -> None:
    assert set(wrong_in_part("triage_outcome", table)) == wrong


@pytest.mark.parametrize("leads_to", ["", "gone", "new-question"])
def test_a_triage_is_shown_however_unfinished_it_is(admin: FlaskClient, library: Library, leads_to: str) -> None:
    page = post(admin, part_form(page_of(admin, f"{TRIAGES}/new/parts/new.question")), ask="New question")
    page = send_part(
        admin, page, "Add an outcome", kind="elsewhere", title="Ring", who="A", phone="01632 960001", hours="9"
    )
    form = part_form(post(admin, part_form(page_of(admin, page.link("New question"))), add="answers"))
    assert form.fields["ask"] == ["New question"], "its address is that of the empty form"
    answer: dict[str, Any] = {"ask": "Who?", "answers-0-answer": "I", "answers-0-leads_to": leads_to}
    page = post(admin, form, **answer)
    assert "What is still wrong" in page.text
    assert library


def test_what_is_not_kept_any_more_is_said_with_what_was_typed(admin: FlaskClient, library: Library) -> None:
    form = part_form(page_of(admin, f"{TRIAGES}/new/parts/new.question"))
    gone = admin.post(f"{form.action}?kept={'0' * 16}", data=form.values(ask="Where do you sleep?"))
    assert (gone.status_code, "Where do you sleep?" in check_page(gone.text).text) == (410, True)
    assert library


def test_what_a_colleague_changed_in_another_part_stays() -> None:
    base = {"name": "Home", QUESTIONS: [{"slug": "a", "ask": "A"}], OUTCOMES: [{"slug": "x", "phone": "1"}]}
    now = {"name": "Home", QUESTIONS: [{"slug": "a", "ask": "A"}], OUTCOMES: [{"slug": "x", "phone": "2"}]}
    mine = {**base, QUESTIONS: [{"slug": "a", "ask": "Mine"}, {"slug": "b", "ask": "B"}]}
    assert with_theirs(mine, base, now) == {**mine, OUTCOMES: now[OUTCOMES]}
