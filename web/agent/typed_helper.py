"""Who acts for the resident in a call: somebody who did so before, or somebody new, as they are typed."""

from __future__ import annotations

from core.contact_values import parse_email, parse_phone, parse_postal_lines
from core.errors import Invalid, Reason
from locations.postcodes import parse_postcode
from people.residents.details import BASES, Representation, parse_name
from people.residents.mandate_queries import mandates_of, representation_by
from people.residents.mandate_rules import BOOK, entry_to_book, is_unclear
from people.residents.representative_repository import representation_by_id
from web.agent.call_request import Typed, kept_text
from web.page_context import StaffContext


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


def known_helper(context: StaffContext, resident_id: int, typed: Typed) -> Representation | None:
    """Who was chosen among those of whom something is known; None for somebody whom the resident does not have.

    Raises: Invalid for whoever may not book and change visits, as far as something is noted of them: the entry may have
    ended, or a colleague may have changed it, since the page was opened.
    """
    whose = (context.db, context.authority.id, resident_id)
    known = mandates_of(*whose)
    if typed.mandate_id is not None:
        chosen = next((one for one in known if one.id == typed.mandate_id), None)
        if chosen is None:
            raise Invalid.in_field("rep_name", "mandate_unknown")
        if not chosen.may(BOOK, context.today):
            raise Invalid.in_field("rep_name", "mandate_not_noted", who=chosen.who.name)
        return representation_by(chosen)
    earlier = representation_by_id(*whose, typed.representative_id or 0)
    if earlier is None:
        return None
    if is_unclear(known, earlier.name, context.today):
        raise Invalid.in_field("rep_name", "mandate_not_noted", who=earlier.name)
    by = entry_to_book(known, earlier.name, context.today)
    return representation_by(by) if by else earlier


def check_new_helper(context: StaffContext, resident_id: int, typed: Typed, agreed: str) -> None:
    """Ask once before somebody is named of whom it is noted that they may not book and change visits, or not any more.

    `agreed` is the name of whom it was said that the resident agrees. Raises: Invalid.
    """
    if agreed == typed.rep_name:
        return
    if is_unclear(mandates_of(context.db, context.authority.id, resident_id), typed.rep_name, context.today):
        raise Invalid.in_field("rep_name", "mandate_name_taken", who=typed.rep_name)
