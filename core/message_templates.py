"""What the templates in templates/messages say in a language. No Flask."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from core.language import Language
from core.settings import ROOT
from core.text import without_gaps


def subject_and_text(name: str, message: object, language: Language) -> tuple[str, str]:
    """The subject and the rest of the text template `name`."""
    subject, _, body = rendered(f"{name}.txt", message, language).lstrip().removeprefix("Subject: ").partition("\n")
    return subject, without_gaps(body)


def rendered(template: str, message: object, language: Language) -> str:
    """What the template makes of `message`."""
    return _templates(language).get_template(template).render(message=message)


def first_large(text: str) -> str:
    """`text` as it stands at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


class _OneSetOfGlobals(Environment):
    """Templates that share the globals. A set for each template is copied name by name whenever one is rendered."""

    def make_globals(self, _of_template: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of the environment."""
        return self.globals


@lru_cache(maxsize=16)
def _templates(language: Language) -> Environment:
    """The templates in one language. Each text is looked up once: 28 look-ups a message were a third of its time."""
    translations = language.translations
    environment = _OneSetOfGlobals(
        loader=FileSystemLoader(ROOT / "templates" / "messages"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
        keep_trailing_newline=True,
    )
    install: Callable[..., None] = environment.install_gettext_callables  # type: ignore[attr-defined]
    environment.filters["first_large"] = first_large
    install(cache(translations.ugettext), translations.ungettext, newstyle=True)
    environment.globals["_"] = environment.globals["gettext"]  # without the way round by the context
    return environment
