"""The commands for staff and keys, as the contract says them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from core.audit import Actor
from people.staff.accounts import NewStaff, RoleScope, add_staff
from people.staff.api_keys import key_of
from people.staff.cli import api_key_cli, staff_cli
from people.staff.passwords import is_password
from people.staff.policy import Scope
from people.staff.sign_in_sessions import start
from people.staff.tables import StaffMember, StaffRole
from tests.support.council import PASSWORD


@pytest.fixture
def commands(people_app: Flask) -> FlaskCliRunner:
    people_app.cli.add_command(staff_cli)
    people_app.cli.add_command(api_key_cli)
    return people_app.test_cli_runner()


ADD = ["staff", "add", "--email", "Agent@Example.org", "--role", "site_staff", "--authority", "northbank"]


def test_staff_add_reads_the_password_from_the_environment(commands, database, council):
    result = commands.invoke(args=[*ADD, "--site", "hill"], env={"STAFF_PASSWORD": PASSWORD})
    assert result.exit_code == 0, result.output
    with database.reading() as db:
        member = db.scalars(select(StaffMember)).one()
        role = db.scalars(select(StaffRole)).one()
    assert (member.email, member.authority_id) == ("agent@example.org", council.northbank)
    assert (role.role, role.site_id) == ("site_staff", council.hill)
    assert is_password(member.password_hash, PASSWORD)
    assert PASSWORD not in result.output


def test_staff_add_asks_for_the_password_twice(commands, database):
    result = commands.invoke(args=ADD, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    with database.reading() as db:
        assert is_password(db.scalars(select(StaffMember.password_hash)).one(), PASSWORD)


def test_adding_the_same_email_again_adds_the_role_and_keeps_the_password(commands, database):
    commands.invoke(args=ADD, env={"STAFF_PASSWORD": PASSWORD})
    for _ in range(2):
        result = commands.invoke(args=[*ADD[:4], "--role", "triage_agent", "--authority", "northbank"])
        assert result.exit_code == 0, result.output
    with database.reading() as db:
        assert sorted(db.scalars(select(StaffRole.role))) == ["site_staff", "triage_agent"]
        assert is_password(db.scalars(select(StaffMember.password_hash)).one(), PASSWORD)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"--authority": "atlantis"}, "There is no authority 'atlantis'. There are: elsewhere, northbank."),
        ({"--site": "far"}, "There is no site 'far' here. There are: hill, mill."),
        ({"--role": "wizard"}, "'wizard' is not one of"),
        ({"--role": "triage_agent", "--site": "hill"}, "covers the whole authority"),
        ({"--email": "not an email"}, "is not an email address"),
        ({"password": "short"}, "at least 12 characters"),
        ({"password": ""}, "at least 12 characters"),
    ],
)
def test_a_mistake_is_explained_and_nothing_is_added(commands, database, changes: dict[str, str], words: str):
    options = {"--email": "a@example.org", "--role": "site_staff", "--authority": "northbank"} | changes
    password = options.pop("password", PASSWORD)
    args = [part for pair in options.items() for part in pair]
    result = commands.invoke(args=["staff", "add", *args], env={"STAFF_PASSWORD": password})
    assert result.exit_code == 2
    assert words in result.output
    assert "Traceback" not in result.output
    with database.reading() as db:
        assert db.scalars(select(StaffMember)).all() == []


def test_an_email_works_for_one_authority_only(commands):
    commands.invoke(args=ADD, env={"STAFF_PASSWORD": PASSWORD})
    result = commands.invoke(args=[*ADD[:-1], "elsewhere"], env={"STAFF_PASSWORD": PASSWORD})
    assert result.exit_code == 2
    assert "works for another authority" in result.output


def test_deactivate_says_what_it_ended(commands):
    commands.invoke(args=ADD, env={"STAFF_PASSWORD": PASSWORD})
    assert "0 sessions ended" in commands.invoke(args=["staff", "deactivate", "--email", "agent@example.org"]).output
    unknown = commands.invoke(args=["staff", "deactivate", "--email", "nobody@example.org"])
    assert unknown.exit_code == 2
    assert "Nobody here" in unknown.output


CREATE = ["api-key", "create", "--name", "Kiosk", "--authority", "northbank", "--scope", "read", "--scope", "book"]


def test_a_new_key_stands_alone_on_the_last_line(commands, database, council, clock):
    result = commands.invoke(args=CREATE)
    key = result.stdout.rstrip("\n").split("\n")[-1]
    with database.reading() as db:
        known = key_of(db, key, clock.now())
    assert result.exit_code == 0
    assert known is not None
    assert (known.name, known.authority_id, known.scopes) == (
        "Kiosk",
        council.northbank,
        frozenset({Scope.READ, Scope.BOOK}),
    )


@pytest.mark.parametrize(
    "args",
    [
        [*CREATE[:4], "--authority", "atlantis", "--scope", "read"],
        [*CREATE[:6], "--scope", "everything"],
        CREATE[:6],
        ["api-key", "create", "--name", " ", *CREATE[4:]],
        ["api-key", "revoke", "--authority", "northbank", "00000000"],
        ["api-key", "list", "--authority", "atlantis"],
    ],
)
def test_mistakes_with_keys_exit_with_2(commands, args: list[str]):
    result = commands.invoke(args=args)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_keys_are_listed_without_their_secret_and_revoked(commands, database, clock):
    key = commands.invoke(args=CREATE).stdout.strip().split("\n")[-1]
    listed = commands.invoke(args=["api-key", "list", "--authority", "northbank"]).output
    assert "works" in listed
    assert "Kiosk" in listed
    assert key not in listed
    prefix = listed.split()[0]
    assert key.startswith(prefix)
    assert commands.invoke(args=["api-key", "revoke", "--authority", "northbank", prefix]).exit_code == 0
    assert "revoked" in commands.invoke(args=["api-key", "list", "--authority", "northbank"]).output
    with database.reading() as db:
        assert key_of(db, key, clock.now()) is None


def invoke(commands: FlaskCliRunner, *args: str, password: str = PASSWORD) -> str:
    result = commands.invoke(args=["staff", *args], env={"STAFF_PASSWORD": password})
    assert result.exit_code == 0, result.output
    return result.output


EMAIL = ["--email", "agent@example.org"]


def test_everything_that_is_given_can_be_taken_back(commands, database, council, clock):
    """Role, account, name and password: each has a command there and a command back."""
    invoke(commands, *ADD[1:], "--site", "hill")
    invoke(commands, *ADD[1:4], "--role", "triage_agent", "--authority", "northbank")
    assert "agent@example.org  agent  site_staff at hill, triage_agent" in invoke(
        commands, "list", "--authority", "northbank"
    )
    invoke(commands, "remove-role", *EMAIL, "--role", "site_staff", "--authority", "northbank", "--site", "hill")
    invoke(commands, "rename", *EMAIL, "--name", "Agnes Agent")
    invoke(commands, "deactivate", *EMAIL)
    assert invoke(commands, "list", "--authority", "northbank") == (
        "agent@example.org  Agnes Agent  triage_agent  deactivated\n"
    )
    invoke(commands, "reactivate", *EMAIL)
    assert "deactivated" not in invoke(commands, "list", "--authority", "northbank")
    assert invoke(commands, "list", "--authority", "elsewhere") == ""


def test_a_new_password_ends_the_sessions(commands, database, council, clock):
    invoke(commands, *ADD[1:])
    with database.writing() as db:
        start(db, db.scalars(select(StaffMember.id)).one(), clock.now())
    said = invoke(commands, "set-password", *EMAIL, password="maple rocket harbour")
    assert said == "The password is set; 1 session ended.\n"
    with database.reading() as db:
        assert is_password(db.scalars(select(StaffMember.password_hash)).one(), "maple rocket harbour")


def test_signing_somebody_out_everywhere(commands, database, council, clock):
    invoke(commands, *ADD[1:])
    with database.writing() as db:
        for _ in range(2):
            start(db, db.scalars(select(StaffMember.id)).one(), clock.now())
    assert invoke(commands, "sign-out", *EMAIL) == "2 sessions ended.\n"
    assert invoke(commands, "sign-out", *EMAIL) == "0 sessions ended.\n"


@pytest.mark.parametrize(
    ("args", "password", "words"),
    [
        (["set-password", "--email", "nobody@example.org"], PASSWORD, "Nobody here has the email"),
        (["set-password", *EMAIL], "password1234", "easy to guess"),
        (["set-password", *EMAIL], "agent@example.org", "easy to guess"),
        (["rename", "--email", "nobody@example.org", "--name", "X"], PASSWORD, "Nobody here has the email"),
        (["reactivate", "--email", "nobody@example.org"], PASSWORD, "Nobody here has the email"),
        (["sign-out", "--email", "nobody@example.org"], PASSWORD, "Nobody here has the email"),
        (["remove-role", *EMAIL, "--role", "adviser", "--authority", "northbank"], PASSWORD, "does not have the role"),
        (["remove-role", *EMAIL, "--role", "site_staff", "--authority", "elsewhere"], PASSWORD, "Nobody here has"),
        (["list", "--authority", "atlantis"], PASSWORD, "There is no authority 'atlantis'"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(commands, council, args: list[str], password: str, words: str):
    invoke(commands, *ADD[1:])
    result = commands.invoke(args=["staff", *args], env={"STAFF_PASSWORD": password})
    assert result.exit_code == 2
    assert words in result.output
    assert "Traceback" not in result.output


def test_somebody_with_an_address_of_the_councils_own_network_gets_an_account(commands, council):
    said = invoke(commands, "add", "--email", "jane@anytown.local", *ADD[4:])
    signs_in = "They sign in at http://127.0.0.1:8000/staff/sign-in.\n"
    assert said == f"jane@anytown.local is site staff for northbank.\n{signs_in}"


def test_the_same_person_added_by_two_commands_at_once_is_one_account(people_app, database, council, clock):
    def add(_: int) -> int:
        new = NewStaff("twin@example.org", "site_staff", RoleScope(council.northbank), PASSWORD)
        with database.writing() as db:
            return add_staff(db, new, actor=Actor.system(), now=clock.now()).id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(add, range(6)))) == 1
    with database.reading() as db:
        assert len(db.scalars(select(StaffRole)).all()) == 1
