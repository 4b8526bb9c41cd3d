"""The form by which staff have texts sent again to somebody who had asked for none."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from web.agent.call_request import LONGEST_REASON
from web.components.form_fields import AtMost, Form, Text


class TextAgainForm(Form):
    """Why they want texts again: it goes into the audit."""

    reason = Text(
        _l("Why they want texts again"),
        description=_l("For instance: asked for it on the telephone"),
        validators=[DataRequired(_l("Write down why they want texts again")), AtMost(LONGEST_REASON)],
    )
