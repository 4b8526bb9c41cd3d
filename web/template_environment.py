"""The Jinja environment of the pages."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, NoReturn

from flask.sansio.app import App
from flask.templating import Environment
from jinja2 import Undefined

MOST_TEMPLATES = 2000  # kept compiled; there are over four hundred, and Jinja forgets all but four hundred


class NothingShown(Undefined):
    """A name without a value may be asked for, and is false; to show it is an error.

    In tests alone: whoever needs the page is better served by a gap in it than by none.
    """

    def __str__(self) -> NoReturn:
        self._fail_with_undefined_error()

    __html__ = __str__


class TemplateEnvironment(Environment):
    """Flask's, where a template has its globals in one dict and not in a chain of two.

    Every import of a macro compares all globals of both templates, which takes a tenth of a page through a chain. Globals
    are added before the first page is shown.
    """

    def __init__(self, app: App, **options: Any) -> None:
        options = {"cache_size": MOST_TEMPLATES, **options}
        super().__init__(app, undefined=NothingShown if app.testing else Undefined, **options)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's globals, and over them those of one template."""
        return {**self.globals, **(d or {})}
