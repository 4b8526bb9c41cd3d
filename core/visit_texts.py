"""The texts of refusals about the day itself: arrivals, walk-ins and calls."""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; `core.error_texts` translates it."""
    return text


VISIT_TEXTS: Mapping[str, str] = {
    "no_paper_named": _("Say which paper is needed."),
    "no_step_chosen": _("Choose what has happened."),
    "no_receipts_chosen": _("Choose at least one receipt"),
    "receipts_handed_over": _("One of these receipts was handed over meanwhile. Nothing was handed over now"),
    "batch_arrived": _("This batch has arrived meanwhile. There is nothing to pass on"),
    "batch_is_tried": _("This batch is being tried at this moment. Look again in some minutes"),
    "batch_may_be_there": _("The folder is away, and the batch may be in it already. Try again when it is back"),
    "batch_unreadable": _("A certified copy in this batch cannot be read at the moment. Fetch it later"),
    "webhook_address": _("Give an address on the internet that begins with https://"),
    "webhook_events": _("Say which events it is told of: this key may look up none of them by itself"),
    "too_many_webhooks": _("There are %(most)s addresses already. Remove one first"),
    "webhook_unknown": _("There is no such address."),
    "batch_unknown": _("There is no batch with this number that programs fetch."),
    "not_a_mobile": _("Enter a mobile number: no texts arrive at this one"),
    "texts_not_wanted": _("Texts to this number or person are not wanted. Tell them to wait inside"),
    "appointment_elsewhere": _("This appointment is at %(site)s, on %(at)s."),
    "copy_unknown": _("There is no certified copy with this code. Check the code, or ask the council."),
    "document_busy": _("We are busy with other files. Send it again in a minute"),
    "document_has_password": _("The file has a password. Save it without one, and send that"),
    "document_has_virus": _("This file has a virus, so we did not keep it. Send another one, or bring the paper"),
    "document_missing": _("Choose a file, or take a photograph"),
    "document_not_scanned": _(
        "We cannot look through files for viruses at the moment. Send it again in some minutes, or bring the paper"
    ),
    "document_sent_before": _("This form was sent before with something else, and that was kept. Send it again"),
    "document_slow": _("The file could not be read in time. Send it again, or send pictures of the pages"),
    "document_too_many": _("Write down at most %(most)s documents"),
    "document_too_many_files": _("There are %(most)s files already. Delete one first"),
    "document_too_many_pages": _("The file must have at most %(most)s pages"),
    "document_too_many_pixels": _("The picture has too many pixels. It must have fewer than %(most)s million"),
    "document_unnamed": _("Say which document it is"),
    "document_unreadable": _(
        "The file must be a picture (JPEG, PNG, WebP or GIF) or a PDF. This one is none, or it is damaged"
    ),
    "no_document_key": _("Files cannot be kept here: the service was given no key for them"),
    "no_place_of_original": _("Say where the original lies"),
    "nothing_for_receipt": _("Nothing was seen, kept or certified yet"),
    "original_not_seen": _("Tick first that you have seen this original"),
    "paper_choice": _("Choose one of the answers about papers"),
    "paper_number": _("Enter a whole number from %(least)s to %(most)s"),
    "no_reason_for_again": _("Say why it is to be sent again: they read it"),
    "receipt_unknown": _("There is no receipt with this number."),
    "desk_unknown": _("There is no such desk or person here."),
    "nobody_more_today": _("Nobody sees people without an appointment here any more today."),
    "service_not_here": _("Nobody here does this. Choose another service or another place."),
    "visit_changed": _("A colleague has changed this meanwhile. Nothing was changed."),
    "visit_unknown": _("There is no such visit."),
}
