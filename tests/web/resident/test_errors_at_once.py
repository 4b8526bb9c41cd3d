"""All that is wrong with a form is said at once, at the field that it is about, in words for whoever fills it in."""

from __future__ import annotations

import pytest

from tests.web.resident.browser import Visitor, go_to_times

pytestmark = pytest.mark.databases("sqlite")
NO_EMAIL = "Enter an email address, or choose another way to be reminded"
BOTH = "You have typed a new one here, and ticked that we use none. Do one of the two"


def errors_on(visitor: Visitor) -> dict[str, str]:
    """The error summary: texts by the field that they lead to."""
    return {href.removeprefix("#"): text for text, href in visitor.page.links if href.startswith("#") and text != SKIP}


SKIP = "Skip to main content"


@pytest.fixture
def at_details(visitor: Visitor) -> Visitor:
    """Somebody who fills in their details."""
    go_to_times(visitor)
    visitor.take_first_time()
    visitor.send("/who", who="me")
    return visitor


def test_a_missing_address_and_half_a_number_are_said_together(at_details: Visitor) -> None:
    visitor = at_details
    visitor.send("/details", name="", phone="020 8359", postcode="HA8", contact_preference="email")
    found = errors_on(visitor)
    assert set(found) == {"name", "email", "phone", "postcode"}
    assert found["email"] == NO_EMAIL
    visitor.send("/details", name="Robin Sample", email="nobody", phone="", postcode="", contact_preference="email")
    assert set(errors_on(visitor)) == {"email"}
    assert NO_EMAIL not in visitor.page.text


def test_the_page_says_that_it_needs_the_whole_postcode(at_details: Visitor) -> None:
    assert "Give the whole postcode." in at_details.page.text


def open_contact(visitor: Visitor) -> None:
    """From the answers to the page on which they are changed after the booking."""
    visitor.send("/check")
    visitor.follow("See, change or cancel")
    visitor.follow("Change email")


@pytest.mark.parametrize(
    ("name", "typed"), [("email", "new@example.org"), ("phone", "07700 900456")], ids=["email", "phone"]
)
def test_a_new_one_and_none_are_not_asked_for_together(at_details: Visitor, name: str, typed: str) -> None:
    visitor = at_details
    own = {"email": "robin@example.org", "phone": "07700 900123"}
    visitor.send("/details", name="Robin Sample", contact_preference="email", **own)
    open_contact(visitor)
    visitor.send("/contact", **{name: typed, f"drop_{name}": "y"})
    assert errors_on(visitor)[name] == BOTH
    assert NO_EMAIL not in visitor.page.text
    visitor.send("/contact", **{name: typed, f"drop_{name}": []})
    assert "We have kept your new details." in visitor.page.text


def test_whoever_acts_for_another_person_is_asked_about_that_person(visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    visitor.send("/who", who="other")
    visitor.send("/acting", name="Lea Sample", basis="carer", email="lea@example.org", phone="07700 900123")
    visitor.send("/details", name="Robin Sample", email="robin@example.org", contact_preference="email")
    open_contact(visitor)
    for text in ("If we ring and nobody answers", "Do not write about their case here"):
        assert text in visitor.page.text
    for text in ("you do not answer", "your case", "remind you"):
        assert text not in visitor.page.text
    visitor.send("/contact", helper_email="new@example.org", drop_helper_email="y")
    assert errors_on(visitor) == {"helper_email": BOTH}
    visitor.follow("Back")
    assert visitor.page.headings[0] == "Their appointment"
    assert "Your appointment" not in visitor.page.text
    visitor.follow("Change phone")
    visitor.send("/contact", helper_email="new@example.org", drop_helper_email="y")
    assert errors_on(visitor) == {"helper_email": BOTH}
