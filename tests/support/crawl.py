"""Follows the links of pages, as somebody does who knows no address by heart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from tests.support.pages import read_page

# What a script of the page loads.
LOADED = re.compile(r'data-(?:from|changes)="([^"]+)"')


@dataclass
class Crawl:
    """The addresses that were opened, by endpoint, and the endpoints to which a form of theirs is sent."""

    opened: dict[str, list[str]]
    posted: set[str | None]

    @property
    def reached(self) -> set[str | None]:
        """Every endpoint to which a page leads."""
        return {endpoint for endpoint, paths in self.opened.items() if paths} | self.posted


def endpoint_of(app: Flask, path: str) -> str | None:
    """The endpoint that answers a GET of `path`; None when none does."""
    try:
        return str(app.url_map.bind("localhost").match(urlsplit(path).path, method="GET")[0])
    except HTTPException:
        return None


def links_of(html: str) -> list[str]:
    """The addresses that a page leads to: by links, by forms that only ask, and by what its scripts load."""
    page = read_page(html)
    asked = [f"{form.action}?{urlencode(form.fields, doseq=True)}" for form in page.forms if form.method == "get"]
    return [*(href for _, href in page.links), *asked, *map(unescape, LOADED.findall(html))]


def crawl(
    client: FlaskClient,
    start: str,
    searches: Mapping[str, Mapping[str, Any]],
    *,
    each: int = 4,
    wanted: Set[str] | None = None,
) -> Crawl:
    """Every page that can be reached from `start` by links, and by sending the forms of `searches` with these values.

    Up to `each` addresses of every endpoint are opened, until all that are `wanted`, if any, were reached.
    """
    app = client.application
    found = Crawl(defaultdict(list), set())
    waiting = [start]
    while waiting and (wanted is None or wanted - found.reached):
        path = waiting.pop(0)
        endpoint = endpoint_of(app, path)
        if endpoint is None or path in found.opened[endpoint] or len(found.opened[endpoint]) >= each:
            continue
        found.opened[endpoint].append(path)
        answer = client.get(path)
        waiting += _addresses_in(answer, path)
        if answer.mimetype == "text/html" and not answer.location:
            for form in read_page(answer.text).forms:
                actions = [urlsplit(address).path for address in (form.action, *form.other_actions)]
                found.posted |= {endpoint_of(app, action) for action in actions}
                for action in searches.keys() & set(actions):
                    # The answer comes first: behind many other pages it might be one too many of its endpoint.
                    waiting[:0] = _addresses_in(client.post(action, data=form.values(**searches[action])), path)
    return found


def _addresses_in(answer: TestResponse, path: str) -> list[str]:
    if answer.location:
        return [urljoin(path, answer.location)]
    if answer.mimetype != "text/html":
        return []
    joined = (urljoin(path, href).partition("#")[0] for href in links_of(answer.text))
    return [address for address in joined if address.startswith("/")]
