"""The order of the first page: by the alphabet, or as the council has put it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from locations.first_page import by_topic, with_service_moved, with_topic_moved
from locations.model import ServiceFacts
from tests.booking.availability.random_set_ups import make_service


def services(random: Random) -> list[ServiceFacts]:
    topics = ["", "Benefits", "Housing", "Zoo"]
    return [
        replace(make_service(number, 30, ()), slug=f"s{number}", name=f"Name {number % 5}", topic=random.choice(topics))
        for number in range(random.randrange(1, 12))
    ]


def order_of(topics: dict[str, list[ServiceFacts]]) -> list[str]:
    return [service.slug for some in topics.values() for service in some]


def test_without_an_order_the_alphabet_counts_and_no_topic_comes_last() -> None:
    for seed in range(50):
        topics = by_topic(services(Random(seed)))
        assert list(topics) == sorted(topics, key=lambda topic: (not topic, topic))
        assert all([one.name for one in some] == sorted(one.name for one in some) for some in topics.values())


def test_each_step_moves_one_thing_by_one_place_and_back_again() -> None:
    for seed in range(200):
        random = Random(seed)
        some = services(random)
        order = random.sample([one.slug for one in some], random.randrange(len(some) + 1))
        topics = by_topic(some, order)
        whole = order_of(topics)
        assert sorted(whole) == sorted(one.slug for one in some)
        assert list(by_topic(some, whole).items()) == list(topics.items())
        topic, slug = random.choice(list(topics)), random.choice(some).slug
        for move, name in ((with_topic_moved, topic), (with_service_moved, slug)):
            for steps in (-1, 1):
                moved = by_topic(some, move(topics, name, steps))
                assert order_of(moved) == move(topics, name, steps)
                if order_of(moved) != whole:
                    assert move(moved, name, -steps) == whole
        assert with_topic_moved(topics, next(iter(topics)), -1) == whole
        assert with_service_moved(topics, "unknown", 1) == whole
