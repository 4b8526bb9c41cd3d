"""How residents may choose to hear from us, what each way needs, and which of them a form offers."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from booking.states import Contact
from core.contact_values import postal_of, takes_texts
from people.residents.details import missing_contact

CONTACT_CHOICES = {
    "email": _("Email"),
    "text": _("Text message"),
    "letter": _("Letter"),
    "call": _("Ring me"),
    "none": _("No messages. I will write the date down"),
}


ADDRESS_TEXTS = {
    "label": _("Postal address (optional)"),
    "description": _("Only if you want letters. Without the postcode"),
}
# Fields that are there for letters alone; some forms ask for the postcode all the same.
LETTER_FIELDS = (
    "address",
    "drop_address",
    "letter_postcode",
    "helper_address",
    "helper_postcode",
    "drop_helper_address",
)
REACH_TEXTS: Mapping[str, LazyString] = {
    "phone": _("Enter the phone number that we should ring"),
    "email": _("Enter an email address, so that we can send you the link for the video"),
}


def unreachable(mode: str, contact: Contact, helper: Mapping[str, str]) -> tuple[str, LazyString] | None:
    """The field that has to be filled in so that somebody can be reached, and why; None when all is there."""
    email, phone = contact.email or helper.get("email", ""), contact.phone or helper.get("phone", "")
    missing = missing_contact(mode, email=email, phone=phone)
    if missing:
        return missing, REACH_TEXTS[missing]
    if contact.preference == "email" and not email:
        return "email", _("Enter an email address, or choose another way to be reminded")
    if contact.preference == "text" and not any(map(takes_texts, (contact.phone, helper.get("phone", "")))):
        return "phone", _("Enter a mobile phone number, or choose another way to be reminded")
    if contact.preference == "call" and not phone:
        return "phone", _("Enter the number that we should ring, or choose another way to be reminded")
    if contact.preference == "letter" and not (contact.postal or postal_of(*_address_of(helper))):
        return "address", _("Enter the whole address to write to, or choose another way to be reminded")
    return None


def _address_of(helper: Mapping[str, str]) -> tuple[str, str]:
    return helper.get("address", ""), helper.get("postcode", "")


def refuse_unreachable(
    form: Any, mode: str, contact: Contact, helper: Mapping[str, str], postcode: str = "letter_postcode"
) -> bool:
    """Whether the appointment and its messages can reach somebody; if not, says so at the field, or at its postcode's."""
    found = unreachable(mode, contact, helper)
    if found is not None:
        name, said = found
        if name not in form:  # a letter cannot be chosen any more
            name = "contact_preference"
        elif name == "address" and form.address.data:
            name = postcode
        if not form[name].errors:
            form.refuse(name, str(said))
    return found is None


def refuse_half(address: str | None, postcode: str | None) -> None:
    """Raises: StopValidation for an address without its postcode, or a postcode alone."""
    if bool(address) != bool(postcode):
        raise StopValidation(_("Enter the whole address with its postcode, or leave both empty"))


ALWAYS_OFFERED = frozenset({"email", "none"})


def offer_ways(form: Any, ways: Set[str], *, is_for_other: bool = False) -> None:
    """Offer the ways to be reminded that there are, and ask for an address only where letters are one of them."""
    words = CONTACT_CHOICES | ({"call": _("Phone call")} if is_for_other else {})
    offered = [way for way in words.items() if way[0] in ways | ALWAYS_OFFERED]
    form.contact_preference.choices = [SelectChoice(*way) for way in offered]
    if "letter" not in ways:
        offer_no_letters(form)


def offer_no_letters(form: Any) -> None:
    """Ask for no address to write to."""
    for name in [field.name for field in form if field.name in LETTER_FIELDS]:
        delattr(form, name)
