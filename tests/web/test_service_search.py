"""What people type in their own words leads to the service that they need."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.use_cases.import_locations import import_file
from core.audit import Actor
from core.database import Database
from core.settings import ROOT
from locations.catalogue_queries import catalogue_of
from locations.model import ServiceFacts
from tests.support.factories import make_runtime
from tests.support.town import make_resident_app
from tests.web.resident.browser import Visitor
from web.service_search import searchable_text, services_named

pytestmark = pytest.mark.databases("sqlite")
OWN_WORDS = [
    ("birth certificate", "register-birth"),
    ("baby", "register-birth"),
    ("my baby was born", "register-birth"),
    ("Babies", "register-birth"),
    ("died", "register-death"),
    ("my mother has died", "register-death"),
    ("death certificates", "register-death"),
    ("computer", "assisted-digital-support"),
    ("I have no computers", "assisted-digital-support"),
    ("my rent is too high", "benefits-advice"),
    ("I'm homeless", "housing-options"),
    ("evicting me", "housing-options"),
    ("certifying a document", "certify-documents"),
    ("REPAIRS!", "tenants-leaseholders"),
    ("plan", "planning-advice"),
    ("wheelchairs", "independent-living"),
]


@pytest.fixture
def services(database: Database) -> tuple[ServiceFacts, ...]:
    """The services of a council of the demo."""
    import_file(make_runtime(database), (ROOT / "demo/barnet.toml").read_bytes(), actor=Actor.system())
    with database.reading() as db:
        return catalogue_of(db, "barnet").public_services()


@pytest.mark.parametrize(("typed", "slug"), OWN_WORDS)
def test_own_words_find_the_service_first(services: tuple[ServiceFacts, ...], typed: str, slug: str) -> None:
    found = services_named(services, typed)
    assert found
    assert found[0].slug == slug
    assert len(found) < len(services) / 2


@pytest.mark.parametrize(
    "typed",
    ["died", "my baby died", "register a death", "death of a newborn", "lost my baby", "stillbirth", "a dead child"],
)
def test_nobody_bereaved_is_offered_a_birth(services: tuple[ServiceFacts, ...], typed: str) -> None:
    assert [service.slug for service in services_named(services, typed)] == ["register-death"]


@pytest.mark.parametrize("typed", ["", "   ", "xylophone", "sport", "?!", "ax"])
def test_what_nobody_offers_finds_nothing(services: tuple[ServiceFacts, ...], typed: str) -> None:
    assert services_named(services, typed) == ()


def test_each_service_is_found_first_by_each_of_its_names(services: tuple[ServiceFacts, ...]) -> None:
    for service in services:
        for name in (service.name, *service.also_called):
            best = services_named(services, name)
            named = [other for other in best if name.casefold() in searchable_text(other).casefold()]
            assert service in best[: len(named)], name


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40))
def test_any_text_can_be_searched_for(services: tuple[ServiceFacts, ...], text: str) -> None:
    found = services_named(services, text)
    assert len(set(found)) == len(found)
    assert set(found) <= set(services)


def test_the_page_says_when_nothing_fits_and_shows_all(database: Database, services: tuple[ServiceFacts, ...]) -> None:
    visitor = Visitor(make_resident_app(database).test_client(), "/barnet")
    links = [href for _, href in visitor.open("/?find=xylophone").links if "/services/" in href]
    assert "We found nothing for “xylophone”." in visitor.page.text
    assert len(links) == len(services)
    links = [href for _, href in visitor.open("/?find=birth+certificate").links if "/services/" in href]
    assert links[0] == "/barnet/services/register-birth"
