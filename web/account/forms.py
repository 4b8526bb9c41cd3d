"""The forms of signing in, and of one's own password."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from web.components.form_fields import AtMost, Choices, EmailField, Form, Password, Text
from web.labels import ROLES

LONGEST_PASSWORD = 1000
LONGEST_CODE = 40


class SignInForm(Form):
    """Email and password. After an error the email stays in its field; the password never does."""

    email = EmailField(
        _("Email address"),
        validators=[DataRequired(_("Enter your email address"))],
        render_kw={"autocomplete": "username", "classes": "govuk-!-width-two-thirds"},
    )
    password = Password(
        _("Password"),
        validators=[
            InputRequired(_("Enter your password")),
            Length(max=LONGEST_PASSWORD, message=_("That password is too long")),
        ],
        render_kw={"autocomplete": "current-password"},
    )


class ForgottenForm(Form):
    """Whose password is forgotten."""

    email = EmailField(
        _("Email address"),
        description=_("The one that you sign in with."),
        validators=[DataRequired(_("Enter your email address"))],
        render_kw={"autocomplete": "username", "classes": "govuk-!-width-two-thirds"},
    )


class CodeForm(Form):
    """The code of an app on a telephone, or a recovery code."""

    code = Text(
        _("Code"),
        validators=[DataRequired(_("Enter the code")), AtMost(LONGEST_CODE)],
        render_kw={"autocomplete": "one-time-code", "spellcheck": "false", "classes": "govuk-input--width-10"},
    )


class DemandForm(Form):
    """The roles of which a second step is demanded."""

    roles = Choices(
        _("Of whom do you demand it?"),
        choices=list(ROLES.items()),
    )


def _new_password() -> Password:
    return Password(
        _("New password"),
        description=_("Use 12 characters or more. Three random words are good: easy to keep in mind, hard to guess."),
        validators=[
            InputRequired(_("Enter a new password")),
            Length(max=LONGEST_PASSWORD, message=_("That new password is too long")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


def _repeated_password() -> Password:
    return Password(
        _("New password again"),
        validators=[
            InputRequired(_("Enter the new password again")),
            EqualTo("new_password", _("Enter the same new password in both boxes")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class NewPasswordForm(Form):
    """A password for somebody who has none, typed twice."""

    new_password = _new_password()
    repeated_password = _repeated_password()


def _current_password() -> Password:
    return Password(
        _("Current password"),
        validators=[
            InputRequired(_("Enter your current password")),
            Length(max=LONGEST_PASSWORD, message=_("That current password is too long")),
        ],
        render_kw={"autocomplete": "current-password"},
    )


class PresentPasswordForm(Form):
    """The password that somebody has."""

    current_password = _current_password()


class OwnPasswordForm(Form):
    """The password that somebody has, and the one that they want, typed twice."""

    current_password = _current_password()
    new_password = _new_password()
    repeated_password = _repeated_password()
