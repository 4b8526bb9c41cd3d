"""Who acts for the resident in a call: somebody who did so before, or somebody new, as they are typed."""

from __future__ import annotations

from core.contact_values import parse_email, parse_phone, parse_postal_lines
from core.errors import Invalid, Reason
from locations.postcodes import parse_postcode
from people.residents.details import BASES, Representation, parse_name
from web.agent.call_request import Typed, kept_text


def representation_of(typed: Typed, earlier: Representation | None) -> Representation | None:
    """Who acts for the resident in this booking; None when they act for themselves. Raises: Invalid.

    `earlier` is who acted for them before under `representative_id`, if somebody did.
    """
    if earlier is not None and not typed.rep_name:
        return earlier
    if not typed.is_for_other:
        return None
    errors: dict[str, list[Reason]] = {}
    name = kept_text(errors, "rep_name", typed.rep_name, parse_name)
    if not name and "rep_name" not in errors:
        errors["rep_name"] = [Reason("no_representative_name")]
    if typed.rep_basis not in BASES:
        errors["rep_basis"] = [Reason("no_basis")]
    phone = kept_text(errors, "rep_phone", typed.rep_phone, parse_phone)
    email = kept_text(errors, "rep_email", typed.rep_email, parse_email)
    address = kept_text(errors, "rep_address", typed.rep_address, parse_postal_lines)
    postcode = kept_text(errors, "rep_postcode", typed.rep_postcode, parse_postcode)
    if bool(typed.rep_address) != bool(typed.rep_postcode):
        errors["rep_postcode" if typed.rep_address else "rep_address"] = [Reason("half_an_address")]
    if errors:
        raise Invalid(errors)
    return Representation(name, typed.rep_basis, email, phone, address, postcode)
