"""People who work at several sites, and the way between these: in the file, in the catalogue, and as minutes."""

from __future__ import annotations

from datetime import date

import pytest

from core.database import Database
from core.wall_clock import local_day
from locations.opening_hours import closed_on
from locations.travel import LONGEST_MINUTES, UNKNOWN_MINUTES, minutes_by_distance
from tests.locations.test_import import EXAMPLE, LONDON, bring_in, catalogue, contents, errors, line_with

MORNING = 'resources = ["outreach-adviser"]  #'
TRAVEL = "[[travel]]                          # in both directions; left out, it is reckoned from the postcodes\n"


def test_a_person_works_wherever_a_session_names_them_and_nowhere_else(database: Database) -> None:
    bring_in(database, EXAMPLE)
    anytown = catalogue(database, "anytown")
    (person,) = anytown.people
    assert (person.slug, person.kind, person.seats, person.is_council_wide) == ("outreach-adviser", "adviser", 1, True)
    where = [site.slug for site in anytown.sites if person.id in site.council_wide_ids]
    assert where == ["central-library", "hill-road"]
    assert anytown.site("by-video-or-phone").resource(person.id) is None
    assert anytown.resource_at(anytown.site("by-video-or-phone"), person.id) is person


def test_a_person_on_leave_is_away_from_every_site(database: Database) -> None:
    bring_in(database, EXAMPLE)
    anytown = catalogue(database, "anytown")
    day = local_day(date(2027, 2, 10), LONDON)
    closed = [dict(closed_on(anytown.site(slug), day, LONDON)) for slug in ("central-library", "hill-road")]
    assert closed == [{anytown.people[0].id: ((0, 288),)}] * 2
    assert closed_on(anytown.site("by-video-or-phone"), day, LONDON) == {}


def test_travel_is_as_the_file_says_and_else_by_distance(database: Database) -> None:
    bring_in(database, EXAMPLE)
    anytown = catalogue(database, "anytown")
    library, hub, virtual = (anytown.site(slug).id for slug in ("central-library", "hill-road", "by-video-or-phone"))
    assert anytown.travel.minutes(library, hub) == anytown.travel.minutes(hub, library) == 25
    assert anytown.travel.minutes(library, virtual) == anytown.travel.minutes(hub, hub) == 0
    bring_in(database, EXAMPLE.replace(TRAVEL + 'from = "central-library"\nto = "hill-road"\nminutes = 25\n', ""))
    # 2.6 miles as the crow flies, 3.7 by road at 25.4 miles an hour: 8.8 minutes.
    assert catalogue(database, "anytown").travel.minutes(library, hub) == 10


@pytest.mark.parametrize(
    ("metres", "minutes"), [(0, 0), (1, 5), (2_400, 5), (2_600, 10), (16_093, 35), (400_000, LONGEST_MINUTES)]
)
def test_distance_is_rounded_up_to_five_minutes(metres: int, minutes: int) -> None:
    assert minutes_by_distance((500_000, 200_000), (500_000, 200_000 + metres)) == minutes


def test_a_site_without_a_place_is_an_hour_away(database: Database) -> None:
    """Only a site that nobody else shares can be so in a file; a booking that outlives its plan may still ask."""
    bring_in(database, EXAMPLE)
    anytown = catalogue(database, "anytown")
    assert anytown.travel.minutes(anytown.site("hill-road").id, 10**9) == UNKNOWN_MINUTES


def test_a_person_who_is_left_out_goes_with_their_sessions_and_leave(database: Database) -> None:
    bring_in(database, EXAMPLE)
    text = EXAMPLE.replace("[[people]]", "[[x]]").replace('["outreach-adviser"]', '["desk-1"]')
    start, end = text.index("[[x]]"), text.index("[[sites]]")
    text = text[:start] + text[end : text.index('[[closures]]\nslug = "outreach-adviser-leave"')]
    text = _without_sessions(text)
    changes = bring_in(database, text)
    assert changes.removed == {"person": 1, "session": 2, "closure": 1, "triage": 1}
    assert catalogue(database, "anytown").people == ()
    before = contents(database)
    assert bring_in(database, text).are_none
    assert contents(database) == before


def _without_sessions(text: str) -> str:
    """The example without the two sessions called outreach."""
    while (at := text.find('  [[sites.sessions]]\n  slug = "outreach"')) >= 0:
        end = min(found for mark in ("\n  [[", "\n[[") if (found := text.find(mark, at + 5)) >= 0)
        text = text[:at] + text[end + 1 :]
    return text


@pytest.mark.parametrize(
    ("old", "new", "at", "what"),
    [
        ('slug = "outreach-adviser"\nname', 'slug = "housing-adviser"\nname', 'slug = "housing-adviser"', "is also a"),
        (
            'kind = "adviser"                    #',
            'kind = "desk" #',
            'kind = "desk" #',
            "must be one of adviser, inter",
        ),
        ("seats = 1                           # al", "seats = 2 # al", "seats = 2 # al", "must be from 1 to 1"),
        ('from = "central-library"', 'from = "central-libary"', 'from = "central-libary"', "did you mean"),
        ('to = "hill-road"', 'to = "by-video-or-phone"', 'to = "by-video-or-phone"', "nobody travels there"),
        ('to = "hill-road"', 'to = "central-library"', 'to = "central-library"', "from a site to itself"),
        ("minutes = 25", "minutes = 26", "minutes = 26", "multiple of 5"),
        ('resource = "outreach-adviser" ', 'resource = "desk-3" ', 'resource = "desk-3" ', "of the whole council"),
        ('resource = "desk-3"', 'resource = "nobody"', 'resource = "nobody"', "has no resource 'nobody'"),
        (MORNING, MORNING.replace("reach-", "raech-"), "outraech", "did you mean 'outreach-adviser'?"),
    ],
)
def test_a_mistake_about_people_or_travel_names_its_line(old: str, new: str, at: str, what: str) -> None:
    text = EXAMPLE.replace(old, new, 1)
    assert text != EXAMPLE
    found = [words for line, words in errors(text) if line == line_with(text, at)]
    assert len(found) == 1
    assert what in found[0]


def test_a_way_that_is_not_known_is_asked_for() -> None:
    text = EXAMPLE.replace('postcode = "NW9 4EW"\n', "")
    text = text.replace(text[text.index(TRAVEL) : text.index("[[closures]]", text.index(TRAVEL))], "")
    ((line, what),) = errors(text)
    assert line == line_with(text, "[[people]]")
    assert '"central-library" and "hill-road"' in what


def test_travel_in_the_other_direction_is_the_same_travel() -> None:
    text = EXAMPLE + '\n[[travel]]\nfrom = "hill-road"\nto = "central-library"\nminutes = 20\n'
    ((line, what),) = errors(text)
    assert line == text.splitlines().index("[[travel]]") + 1
    assert "both directions" in what
