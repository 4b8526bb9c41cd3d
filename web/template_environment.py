"""The Jinja environment of the pages."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, NoReturn

from flask.sansio.app import App
from flask.templating import Environment
from jinja2 import Undefined
from jinja2.runtime import Context, Macro

OF_EVERY_DICT = frozenset(dir({}))
MOST_TEMPLATES = 2000  # kept compiled; there are over four hundred, and Jinja forgets all but four hundred


class NothingShown(Undefined):
    """A name without a value may be asked for, and is false; to show it is an error.

    In tests alone: whoever needs the page is better served by a gap in it than by none.
    """

    def __str__(self) -> NoReturn:
        self._fail_with_undefined_error()

    __html__ = __str__


class QuickContext(Context):
    """Jinja's, which calls a macro at once: it need not be searched for what it wants to be given."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """The result of what a template calls."""
        if type(called) is not Macro:
            return super().call(called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(self.eval_ctx, *args, **kwargs)


class TemplateEnvironment(Environment):
    """Flask's, where a template has its globals in one dict and not in a chain of two.

    Every import of a macro compares all globals of both templates, which takes a tenth of a page through a chain. Globals
    are added before the first page is shown.
    """

    context_class = QuickContext

    def __init__(self, app: App, **options: Any) -> None:
        options = {"cache_size": MOST_TEMPLATES, **options}
        super().__init__(app, undefined=NothingShown if app.testing else Undefined, **options)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's globals, and over them those of one template."""
        return {**self.globals, **(d or {})}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What `obj.attribute` means in a template: an attribute, else an item.

        A dict is not asked for an attribute that no dict has: GOV.UK's macros look up thousands of items for each page.
        """
        if type(obj) is dict and attribute not in OF_EVERY_DICT:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)
