"""Offers travel as opaque tokens, and whatever comes back is checked."""

from __future__ import annotations

import pytest

from booking.slot_tokens import SlotKey, decode, encode, prefix
from core.errors import Invalid
from core.language import language_for
from core.problems import field_texts

OFFER = SlotKey(
    authority_id=1,
    site_id=22,
    service_ids=(3, 14),
    mode="video",
    start_unit=5_984_748,
    extra_time=True,
)


def test_a_token_means_the_offer_it_was_made_from() -> None:
    assert decode(encode(OFFER)) == OFFER


def test_all_starts_of_a_search_share_a_prefix() -> None:
    start = prefix(1, 22, (3, 14), "video", extra_time=True)
    assert encode(OFFER) == f"{start}{OFFER.start_unit:x}"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "1",
        "2.1.22.3.p.0.5b51ec",
        "1.1.22.3.x.0.5b51ec",
        "1.1.22..p.0.5b51ec",
        "1.1.22.3.p.0.zz",
        "1.1.22.3.p.7.5b51ec",
        "1.1.22.03.p.0.5b51ec",
        "1.1.22.1-2-3-4-5.p.0.5b51ec",
        "1.1.-22.3.p.0.5b51ec ",
        "1.1.22.3.p.0.5b51ec\x00",
        "١.1.22.3.p.0.5b51ec",
    ],
)
def test_anything_else_is_refused_with_what_to_do(token: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode(token)
    assert "Ask for availability" in field_texts(refused.value, language_for("en"))["slot"][0]
