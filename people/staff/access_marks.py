"""The mark on every view: who may come. It only sets an attribute; the guards of the pages and of the API read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from people.staff.policy import Action, Scope

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class AccessMark:
    """What a view requires of its visitor. No action and no scope means that anybody may come.

    One that `is_callback` is called by a provider, with the token that was agreed with it.
    """

    action: Action | None = None
    site_arg: str | None = None
    scope: Scope | None = None
    open_when_published: bool = False
    is_callback: bool = False

    @property
    def is_public(self) -> bool:
        """Whether anybody may come."""
        return self.action is None and self.scope is None and not self.is_callback


def public(view: View) -> View:
    """`view`, marked as open to anybody."""
    return _marked(view, AccessMark())


def callback(view: View) -> View:
    """`view`, marked as called by a provider, with the token that was agreed with it."""
    return _marked(view, AccessMark(is_callback=True))


def requires(action: Action, site_arg: str | None = None) -> Callable[[View], View]:
    """A decorator: the view is for staff who may do `action`, at the site whose slug is the URL's `site_arg`."""
    return lambda view: _marked(view, AccessMark(action=action, site_arg=site_arg))


def api_scope(scope: str, open_when_published: bool = False) -> Callable[[View], View]:
    """A decorator: the view is for API keys with `scope`.

    With `open_when_published` a request without a key comes in too, and the view must call `require_published`.
    """
    return lambda view: _marked(view, AccessMark(scope=Scope(scope), open_when_published=open_when_published))


def _marked(view: View, mark: AccessMark) -> View:
    view.access_mark = mark  # type: ignore[attr-defined]
    return view


def mark_of(view: object) -> AccessMark | None:
    """The mark of a view function, or None when it has none."""
    mark: AccessMark | None = getattr(view, "access_mark", None)
    return mark
