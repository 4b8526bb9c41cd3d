"""Every form of one's own account and of colleagues, every field, forty bad values, as with all other forms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from core.clock import FixedClock
from core.database import Database
from people.staff.password_links import make_link
from people.staff.sign_in_sessions import COOKIE
from people.staff.tables import StaffMember
from tests.support.bad_values import BAD_VALUES
from tests.support.callers import AGENT_PASSWORD, add_agent, make_callers, sign_in
from tests.support.explorer import Explorer, Kind, Known, Moment
from tests.support.factories import NOW
from tests.support.pages import Page
from tests.support.second_step import app_of, give_second_step
from tests.support.sqlite import SqliteTemplate
from tests.web import test_every_form_every_bad_value as every_form

HERE = (
    "/staff/account",
    "/staff/colleagues",
    "/staff/new-password/",
    "/staff/api-keys",
    "/staff/forgotten",
    "/staff/second-step",
)
FORMS = {
    "staff.change_password",
    "staff.end_my_other_sessions",
    "staff.add_colleague",
    "staff.give_role",
    "staff.take_role",
    "staff.make_colleague_link",
    "staff.sign_colleague_out",
    "staff.deactivate_colleague",
    "staff.reactivate_colleague",
    "staff.set_new_password",
    "staff.send_forgotten",
    "staff.mail_colleague_link",
    "staff.make_api_key",
    "staff.roll_over_api_key",
    "staff.end_api_key",
    "staff.begin_second_step",
    "staff.confirm_second_step",
    "staff.turn_off_second_step",
    "staff.take_second_step",
    "staff.demand_second_step",
}
pytestmark = pytest.mark.databases("sqlite")


class AccountExplorer(Explorer):
    """Stays on the pages of accounts."""

    def _follow(self, shown: Kind, page: Page, path: str, moment: Moment) -> None:
        page.links[:] = [(text, href) for text, href in page.links if href.startswith(HERE)]
        super()._follow(shown, page, path, moment)


@pytest.fixture
def explorer(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[AccountExplorer]:
    """An administrator with two sessions."""
    database, clock = Database(sqlite_template.copy_to(tmp_path)), FixedClock(NOW)
    app = every_form._app(database, clock)
    authority_id = make_callers(database, NOW).town.authority_id
    admin = add_agent(database, authority_id, NOW, role="authority_admin")
    sign_in(database, admin, NOW)
    email = "authority_admin@example.org"
    known: Known = {"password": AGENT_PASSWORD, "email": email, "code": app_of(database, clock, email)}
    with closing(AccountExplorer(app, database, clock, known)) as explorer:
        explorer.client.set_cookie(COOKIE, sign_in(database, admin, NOW))
        yield explorer


def test_every_form_of_accounts_answers_every_bad_value(explorer: AccountExplorer) -> None:
    with explorer.database.writing() as db:
        colleague = db.scalars(select(StaffMember.id).where(StaffMember.email == "triage_agent@example.org")).one()
        link = f"/staff/new-password/{make_link(db, colleague, NOW, made_by=colleague)}"
    give_second_step(explorer.database, explorer.clock, colleague)
    found = explorer.explore(
        "/staff/account", "/staff/second-step", "/staff/colleagues", link, "/staff/api-keys", "/staff/forgotten"
    )
    assert FORMS - {kind[0] for kind in found.forms} == set()
    failures = list(every_form._failures(explorer, found, BAD_VALUES, explorer))
    assert not failures, "\n".join(failures)
