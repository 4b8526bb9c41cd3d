"""The Jinja environment of the pages."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment


class TemplateEnvironment(Environment):
    """Flask's, where a template has its globals in one dict and not in a chain of two.

    Every import of a macro compares all globals of both templates, which takes a tenth of a page through a chain. Globals
    are added before the first page is shown.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's globals, and over them those of one template."""
        return {**self.globals, **(d or {})}
