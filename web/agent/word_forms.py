"""The forms of a memorable word: what a caller says, and another word. What is typed is never shown again."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired, Length

from people.residents.memorable_words import LONGEST_WORD
from web.components.form_fields import Form, LongText, Password

LONGEST_WHY = 500
_NO_HELP = {"autocomplete": "off", "spellcheck": "false"}


class CheckWordForm(Form):
    """What the caller says."""

    word = Password(
        _("What do they say is their memorable word?"),
        validators=[
            DataRequired(_("Type the memorable word that they say")),
            Length(max=LONGEST_WORD, message=_("That memorable word is too long")),
        ],
        render_kw=_NO_HELP,
    )


class NewWordForm(Form):
    """The word that they choose."""

    new_word = Password(
        _("Which word do they choose?"),
        description=_("Five letters or more, easy to remember and not their name. Capitals and spaces do not count"),
        validators=[
            DataRequired(_("Type the word that they choose")),
            Length(max=LONGEST_WORD, message=_("That word is too long")),
        ],
        render_kw=_NO_HELP,
    )


class RemoveWordForm(Form):
    """Why somebody has no memorable word any more."""

    why = LongText(
        _("Why is it removed, and how have they shown who they are?"),
        longest=LONGEST_WHY,
        validators=[DataRequired(_("Say why the word is removed"))],
        render_kw={"rows": 3},
    )
