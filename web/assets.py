"""Addresses of the files in static/, which change with their content."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, current_app, url_for

from people.staff.access_marks import public

DIGEST_LENGTH = 12
IMPORT = re.compile(r"""^import .*?from "(\.{1,2}/[^"]+)";$""", re.MULTILINE)


def install(app: Flask) -> None:
    """Add the address of the scripts to `app`."""
    app.add_url_rule("/static/scripts/<digest>/<path:filename>", "scripts", _send_script)


def asset_url(name: str) -> str:
    """The address of a file in static/, which changes with its content, so that a browser may keep it for ever.

    Scripts import one another by relative addresses: one digest of them all is a folder of their addresses, and so of
    the addresses of what they import. Raises: FileNotFoundError.
    """
    static = _static_folder()
    digest = _digest_of(static / name)
    if name.endswith(".js"):
        return url_for("scripts", digest=_digest_of_scripts(static), filename=name)
    return f"{url_for('static', filename=name)}?v={digest}"


def module_urls(name: str) -> list[str]:
    """The addresses of the module `name` in static/ and of all that it imports. Raises: FileNotFoundError."""
    return [asset_url(module) for module in _modules_of(_static_folder(), name)]


def _static_folder() -> Path:
    return Path(current_app.static_folder or "")


@lru_cache(maxsize=64)
def _digest_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:DIGEST_LENGTH]


@lru_cache(maxsize=4)
def _digest_of_scripts(static: Path) -> str:
    scripts = sorted((*static.glob("js/*.js"), *static.glob("built/*.js")))
    lines = "".join(f"{_digest_of(script)} {script.relative_to(static)}\n" for script in scripts)
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


@public
def _send_script(digest: str, filename: str) -> Response:
    response = current_app.send_static_file(filename)
    if digest != _digest_of_scripts(_static_folder()):
        # A page from before or after a new version: it gets what there is, but must not keep it at that address.
        response.headers["Cache-Control"] = "no-cache"
    return response
