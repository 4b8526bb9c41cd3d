"""The texts of reasons that are about who rings, and who acts for them; `core.error_texts` has them all."""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; `error_texts.text_of` translates it."""
    return text


CALLER_TEXTS: Mapping[str, str] = {
    "register_without_criterion": _("Choose at least one criterion."),
    "register_needs_reason": _("Say why, since not all three criteria are met."),
    "register_reason_too_long": _("The reason may have %(longest)s characters at most."),
    "register_review_day": _("Choose a review date after today, and at most %(days)s days ahead."),
    "register_end_reason": _("Say why they are taken off the register, in %(longest)s characters at most."),
    "register_changed": _("Somebody else has decided about the register meanwhile."),
    "word_length": _("The word needs %(shortest)s letters at least, and %(longest)s at most."),
    "word_known": _("Choose a word that is neither a name of theirs nor a number."),
    "word_first": _(
        "They have a memorable word: ask for it. If they cannot say it, say here why you go on without it."
    ),
    "word_not_checked": _("Another word is chosen once the caller has shown who they are, by the word that they have."),
    "word_removed_why": _("Say why the word is removed, and how they have shown who they are."),
    "word_wrong": _("That is not their memorable word. Say nothing of what is wrong with it."),
    "mandate_without_proof": _("Choose which proof you have seen"),
    "mandate_without_power": _("Choose what they may do"),
    "mandate_day_over": _("Choose today or a later day, or leave it open"),
    "mandate_end_reason": _("Say why it ends, in %(longest)s characters at most."),
    "mandate_changed": _("Somebody else has changed who may act meanwhile."),
    "mandate_unknown": _("That is not noted of this resident."),
    "mandate_not_noted": _(
        "It is not noted that %(who)s may book and change visits. Ask the resident; if they agree, note it, or name them"
        " here."
    ),
    "mandate_name_taken": _(
        "It is noted that %(who)s may not book and change visits, or not any more. Nothing is booked yet. Ask the resident"
        " alone, and tick the box if they agree"
    ),
}
