"""The sign-in form."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired, InputRequired, Length

from web.components.form_fields import EmailField, Form, Password


class SignInForm(Form):
    """Email and password. After an error the email stays in its field; the password never does."""

    email = EmailField(
        _("Email address"),
        validators=[DataRequired(_("Enter your email address"))],
        render_kw={"autocomplete": "username", "classes": "govuk-!-width-two-thirds"},
    )
    password = Password(
        _("Password"),
        validators=[InputRequired(_("Enter your password")), Length(max=1000, message=_("That password is too long"))],
        render_kw={"autocomplete": "current-password"},
    )
