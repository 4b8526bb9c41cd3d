"""What the rules of the file say names fields by their labels on screens: nobody there has seen a key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from flask import Flask, g

from core.database import Database
from locations.catalogue_queries import catalogue_by_id
from tests.support.architecture import ROOT
from tests.support.callers import make_callers
from tests.support.factories import NOW
from web.manage.screen_words import screen_text

KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
# Said of a whole file, which is read again after it is changed: in no form.
OF_THE_FILE_ALONE = {"first_date", "last_date", "school_holidays"}


def said() -> Iterator[str]:
    """The words of every rule of the file: what stands in its calls of `note`, and in the errors of its values."""
    for path in sorted((ROOT / "locations" / "importing").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                yield node.value


@pytest.mark.databases("sqlite")
def test_no_error_of_a_form_holds_a_key_of_the_file(app: Flask) -> None:
    docstrings = ("\n", "`")
    texts = [text for text in said() if not any(mark in text for mark in docstrings)]
    with app.test_request_context():
        left = {key for text in texts for key in KEY.findall(screen_text(text))}
        assert left - OF_THE_FILE_ALONE == set()
        assert screen_text("is for some areas alone: add catchment_instead for everybody else.", "service") == (
            "is for some areas alone: add “What do people do for whom it is not?” for everybody else."
        )
        assert screen_text("is shut for good: add successor or where_to_go.", "site") == (
            "is shut for good: add “Which site takes its place?” or “Where do people go instead?”."
        )


@pytest.mark.databases("sqlite")
def test_things_have_their_names_in_errors_of_forms(app: Flask, database: Database) -> None:
    callers = make_callers(database, NOW)
    with app.test_request_context(), database.reading() as db:
        g.catalogue = catalogue_by_id(db, callers.town.authority_id)
        for text, words in (
            ('service "certify" asks people 2 days before', "“Certify documents” asks people 2 days before"),
            ('of service "not-saved-yet" is 61', "of this service is 61"),
            (
                'session "hub-days" of site "riverside-hub" offers \'advice\', which is no service',
                "a session of “Riverside Community Hub” offers “Housing advice”, which is no service",
            ),
            ("write 'yes' or 'no'", "write 'yes' or 'no'"),
        ):
            assert screen_text(text) == words
