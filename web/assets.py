"""Addresses of the files in static/, which change with their content, and the files as browsers get them."""

from __future__ import annotations

import mimetypes
import posixpath
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, abort, current_app, request
from werkzeug.security import safe_join

from people.staff.access_marks import public
from web.compression import BEST_QUALITY, accepted_encoding, compressed
from web.mirrored_css import mirrored_css
from web.request_language import current_language

ADDRESS = "/static/assets"
DIGEST_LENGTH = 12
IMPORT = re.compile(r"""^import .*?from "(\.{1,2}/[^"]+)";$""", re.MULTILINE)
# What browsers load. Other files of the folder, the build's own among them, are not to be had here.
SUFFIXES = (".css", ".js", ".svg")
PACKED = Path("built", "packed")
MIRRORED = ".rtl.css"  # at the end of the address of a stylesheet for pages whose lines begin on the right


def install(app: Flask) -> None:
    """Add the address of the assets to `app`."""
    app.add_url_rule(f"{ADDRESS}/<digest>/<path:filename>", "assets", _send_asset)


def asset_url(name: str) -> str:
    """The address of a file in static/, which changes with its content, so that a browser may keep it for ever.

    Files name one another by relative addresses: one digest of them all is a folder of their addresses, and so of the
    addresses of what they import. Raises: FileNotFoundError.
    """
    return request.script_root + _path_of(_static_folder(), name)


def style_url(name: str) -> str:
    """The address of a stylesheet in static/, mirrored where the lines of the page begin on the right."""
    url = asset_url(name)
    return url.removesuffix(".css") + MIRRORED if current_language().direction == "rtl" else url


def module_urls(name: str) -> list[str]:
    """The addresses of the module `name` in static/ and of all that it imports. Raises: FileNotFoundError."""
    return [asset_url(module) for module in _modules_of(_static_folder(), name)]


def _static_folder() -> Path:
    return _path(current_app.static_folder or "")


@lru_cache(maxsize=4)
def _path(folder: str) -> Path:
    return Path(folder)


@lru_cache(maxsize=64)
def _path_of(static: Path, name: str) -> str:
    _digest_of(static / name)
    return f"{ADDRESS}/{_digest_of_all(static)}/{name}"


@lru_cache(maxsize=64)
def _digest_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:DIGEST_LENGTH]


@lru_cache(maxsize=4)
def _digest_of_all(static: Path) -> str:
    files = sorted(path for path in static.rglob("*") if path.suffix in SUFFIXES)
    lines = "".join(f"{_digest_of(path)} {path.relative_to(static)}\n" for path in files)
    return sha256(lines.encode()).hexdigest()[:DIGEST_LENGTH]


@lru_cache(maxsize=16)
def _modules_of(static: Path, name: str) -> tuple[str, ...]:
    found, waiting = [], [name]
    while waiting:
        module = waiting.pop()
        found.append(module)
        imported = IMPORT.findall((static / module).read_text(encoding="utf-8"))
        paths = (posixpath.normpath(posixpath.join(posixpath.dirname(module), path)) for path in imported)
        waiting += [path for path in paths if path not in found and path not in waiting]
    return tuple(found)


@lru_cache(maxsize=64)
def _body_of(static: Path, path: Path, encoding: str | None, *, is_mirrored: bool) -> bytes:
    """The file in this encoding: as the build has made it ready, else made now, after a change in static/ say."""
    if is_mirrored:
        body = mirrored_css(path.read_text(encoding="utf-8")).encode()
        return body if encoding is None else compressed(body, encoding, BEST_QUALITY[encoding])
    if encoding is None:
        return path.read_bytes()
    ready = static / PACKED / f"{_digest_of(path)}.{encoding}"
    return ready.read_bytes() if ready.is_file() else compressed(path.read_bytes(), encoding, BEST_QUALITY[encoding])


@public
def _send_asset(digest: str, filename: str) -> Response:
    static, is_mirrored = _static_folder(), filename.endswith(MIRRORED)
    found = safe_join(str(static), filename.removesuffix(MIRRORED) + ".css" if is_mirrored else filename)
    if found is None or Path(found).suffix not in SUFFIXES or not Path(found).is_file():
        abort(404)
    encoding = accepted_encoding()
    response = Response(
        _body_of(static, Path(found), encoding, is_mirrored=is_mirrored), mimetype=mimetypes.guess_type(filename)[0]
    )
    response.vary.add("Accept-Encoding")
    if encoding is not None:
        response.headers["Content-Encoding"] = encoding
    response.set_etag(f"{_digest_of(Path(found))}-{encoding}{'-mirrored' if is_mirrored else ''}")
    # A page from before or after a new version: it gets what there is, but must not keep it at that address.
    is_current = digest == _digest_of_all(static)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_current else "no-cache"
    response.make_conditional(request)
    return response
