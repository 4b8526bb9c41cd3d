"""Leaves out of GOV.UK's stylesheet what no page of ours uses. A test holds the lists to the pages that are drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator

# The components, and the blocks of classes that stand by themselves, each with all its parts and variants.
BLOCKS = frozenset(
    """
    govuk-back-link govuk-body govuk-body-l govuk-body-m govuk-body-s govuk-button govuk-button-group govuk-caption-l
    govuk-caption-m govuk-character-count govuk-checkboxes govuk-details govuk-error-message govuk-error-summary
    govuk-fieldset govuk-footer
    govuk-form-group govuk-frontend-supported govuk-generic-header govuk-grid-column-two-thirds govuk-grid-row
    govuk-heading-l govuk-heading-m govuk-heading-s govuk-hint govuk-input govuk-inset-text govuk-label
    govuk-label-wrapper govuk-link govuk-list govuk-main-wrapper govuk-notification-banner govuk-pagination govuk-panel
    govuk-password-input govuk-radios govuk-select govuk-service-navigation govuk-skip-link
    govuk-skip-link-focused-element govuk-summary-list govuk-table govuk-tag govuk-template govuk-textarea
    govuk-visually-hidden govuk-warning-text govuk-width-container
    """.split()
)
# Single classes that override something.
OVERRIDES = frozenset(
    """
    govuk-!-font-size-24 govuk-!-margin-bottom-0 govuk-!-margin-top-2 govuk-!-margin-top-8 govuk-!-width-two-thirds
    """.split()
)
CLASS = re.compile(r"\.(govuk-(?:\\.|[\w-])+)")
NEGATION = re.compile(r":not\([^()]*\)")
COMMA = re.compile(r",(?![^()]*\))")
GROUPS = ("@media", "@supports")


def used_css(css: str) -> str:
    """The rules of `css` whose selectors name no class outside the lists. `css` has no braces within strings."""
    return "".join(_kept(prelude, body) for prelude, body in _rules(css))


def is_used(name: str) -> bool:
    """Whether a class of GOV.UK's is in the lists."""
    return name in OVERRIDES if name.startswith("govuk-!-") else re.split("__|--", name)[0] in BLOCKS


def _kept(prelude: str, body: str) -> str:
    if prelude.startswith(GROUPS):
        body = used_css(body)
        return f"{prelude}{{{body}}}" if body else ""
    if prelude.startswith("@"):
        return f"{prelude}{{{body}}}"
    selectors = [selector for selector in COMMA.split(prelude) if _may_match(selector)]
    return f"{','.join(selectors)}{{{body}}}" if selectors else ""


def _may_match(selector: str) -> bool:
    names = (name.replace("\\", "") for name in CLASS.findall(NEGATION.sub("", selector)))
    return all(map(is_used, names))


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """What stands before each pair of outermost braces, and between them."""
    start = 0
    while (opening := css.find("{", start)) != -1:
        depth, end = 1, opening + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield css[start:opening].strip(), css[opening + 1 : end - 1]
        start = end
