"""GOV.UK's widgets for WTForms, with the library's faults fixed and its texts in the language of the page."""

# The GOV.UK widgets have no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from govuk_frontend_wtf.wtforms_widgets import (
    GovCharacterCount,
    GovCheckboxesInput,
    GovCheckboxInput,
    GovInput,
    GovPasswordInput,
    GovRadioInput,
    GovSelect,
)


def _with_error_prefix(params: dict[str, Any]) -> dict[str, Any]:
    """`params`, whose error message begins with "Error" in the language of the page for those who hear it."""
    if params.get("errorMessage"):
        params["errorMessage"] = {**params["errorMessage"], "visuallyHiddenText": str(_l("Error"))}
    return params


class _ItemFixes:
    """Radios and checkboxes: no empty hint, `autofocus` reaches the first box, and no browser bubble."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)
        params["idPrefix"] = field.id
        if not field.description:
            params.pop("hint", None)
        if kwargs.get("autofocus") and params["items"]:
            params["items"][0].setdefault("attributes", {})["autofocus"] = "autofocus"
        return _with_error_prefix(params)


class Radios(_ItemFixes, GovRadioInput):
    """GOV.UK radios."""


class Checkboxes(_ItemFixes, GovCheckboxesInput):
    """GOV.UK checkboxes."""


class CheckboxesInLines(Checkboxes):
    """GOV.UK checkboxes, with what stands in the way of each as its hint."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        """With the refusals of the field."""
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)
        for item in params["items"]:
            if texts := field.refused.get(item["value"]):
                item["hint"] = {"text": ". ".join(texts), "classes": "govuk-error-message"}
        return params


class OneCheckbox(_ItemFixes, GovCheckboxInput):
    """One GOV.UK checkbox, with its hint below it."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        """With the hint at the box, where it cannot be read as one of the question before."""
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)
        if hint := params.pop("hint", None):
            params["items"][0]["hint"] = hint
        return params


class _NoBrowserValidation:
    """Our own messages instead of the browser's: `required` is not put into the page."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        kwargs.pop("required", None)
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)
        params["attributes"].pop("required", None)
        for name in ("classes", "autocomplete", "inputmode", "spellcheck"):
            value = params["attributes"].pop(name, None)
            if value is not None:
                params[name] = value
        return _with_error_prefix(params)


class _OwnDirection:
    """What somebody types runs in the direction of its own script."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)
        if params.get("type", "text") == "text":
            params["attributes"]["dir"] = "auto"
        return params


class TextInput(_OwnDirection, _NoBrowserValidation, GovInput):
    """A GOV.UK text input; `type` in render_kw is kept."""

    input_type = "text"


class CountedTextArea(_OwnDirection, _NoBrowserValidation, GovCharacterCount):
    """A GOV.UK textarea that says how much it takes and, where scripts run, how much is left."""

    def __init__(self, longest: int) -> None:
        super().__init__()
        self.longest = longest

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        return super().map_gov_params(field, **kwargs) | {"maxlength": self.longest} | _counter_texts()


def _counter_texts() -> dict[str, Any]:
    """What GOV.UK's script says; it puts the number for the placeholder."""
    number = {"count": "%{count}"}
    return {
        "textareaDescriptionText": gettext("You can write up to %(count)s characters", **number),
        "charactersUnderLimitText": {
            "one": gettext("You have %(count)s character left", **number),
            "other": gettext("You have %(count)s characters left", **number),
        },
        "charactersAtLimitText": gettext("You have no characters left"),
        "charactersOverLimitText": {
            "one": gettext("You have %(count)s character too many", **number),
            "other": gettext("You have %(count)s characters too many", **number),
        },
    }


PASSWORD_TEXTS = {
    "showPasswordText": _l("Show"),
    "hidePasswordText": _l("Hide"),
    "showPasswordAriaLabelText": _l("Show password"),
    "hidePasswordAriaLabelText": _l("Hide password"),
    "passwordShownAnnouncementText": _l("Your password is visible"),
    "passwordHiddenAnnouncementText": _l("Your password is hidden"),
}


class PasswordInput(_NoBrowserValidation, GovPasswordInput):
    """A GOV.UK password input, its button in the language of the page."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        params = super().map_gov_params(field, **kwargs)
        return params | {name: str(text) for name, text in PASSWORD_TEXTS.items()}


class Select(_NoBrowserValidation, GovSelect):
    """A GOV.UK select."""
