"""Answers in fewer bytes for whoever can read them: pages as they are made, assets once and at the best quality."""

from __future__ import annotations

import gzip
import secrets

import brotli
from flask import Flask, Response, request

ENCODINGS = ("br", "gzip")
TYPES = frozenset(
    {"text/html", "text/css", "text/calendar", "text/csv", "application/json", "application/problem+json"}
)
SMALLEST = 500  # bytes; below that the headers cost more than is saved
# For what is made for one answer: a third of the time of the best quality, a few per cent more bytes.
PAGE_QUALITY = {"br": 5, "gzip": 6}
BEST_QUALITY = {"br": 11, "gzip": 9}
LONGEST_PADDING = 32


def install(app: Flask) -> None:
    """Compress the pages of `app`."""
    app.after_request(_compress)


def accepted_encoding() -> str | None:
    """The best encoding that the browser takes, None when it takes none of ours."""
    accepted = {name: request.accept_encodings.quality(name) for name in ENCODINGS}
    best = max(ENCODINGS, key=lambda name: accepted[name])  # the first of equals
    return best if accepted[best] > 0 else None


def compressed(body: bytes, encoding: str, quality: int) -> bytes:
    """`body` in `encoding`."""
    if encoding == "br":
        return bytes(brotli.compress(body, quality=quality))
    return gzip.compress(body, quality, mtime=0)


def _compress(response: Response) -> Response:
    if response.mimetype not in TYPES or response.direct_passthrough or response.is_streamed:
        return response
    response.vary.add("Accept-Encoding")
    encoding = accepted_encoding()
    if encoding is None or "Content-Encoding" in response.headers or response.status_code in (204, 206, 304):
        return response
    body = response.get_data()
    if len(body) < SMALLEST:
        return response
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)  # the same page in other bytes
    if response.mimetype == "text/html":
        body += _padding()
    response.set_data(compressed(body, encoding, PAGE_QUALITY[encoding]))
    response.headers["Content-Encoding"] = encoding
    return response


def _padding() -> bytes:
    """A comment of a random length: the length of an answer must not tell what it has in common with a guess (BREACH)."""
    return f"<!-- {secrets.token_hex(secrets.randbelow(LONGEST_PADDING))} -->".encode()
