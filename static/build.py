"""Builds static/built/: what the pages need of other people's assets, fit for a council, and every asset compressed.

A council is not GOV.UK: the crown, the crest and the font GDS Transport stay out, and the colours of links, the header
and buttons are CSS custom properties, so that each council can set its own.

Run it with `python -m static.build`; `make` does.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from static.used_css import used_css
from web.assets import DIGEST_LENGTH, PACKED, SUFFIXES
from web.compression import BEST_QUALITY, ENCODINGS, compressed

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
STATIC = ROOT / "static"
BUILT = STATIC / "built"

FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
FONT_NAME = re.compile(r"""(["']?)GDS Transport\1\s*,\s*""")
FONT_NOTICE = re.compile(r"/\*![^*]*Margaret Calvert[^*]*\*/")
SOURCE_MAP = re.compile(r"(?://[#@]\s*sourceMappingURL=\S+|/\*[#@]\s*sourceMappingURL=[^*]*\*/)\s*")
CREST = re.compile(r"""url\((["']?)/assets/images/govuk-crest\.svg\1\)""")
OUTSIDE_FILE = re.compile(r"""url\((["']?)(?!data:|#)[^)]+\)""")

# GOV.UK's green button, which has no custom property of its own in govuk-frontend 6.3.
BUTTON_COLOURS = {
    "background-color:#0f7a52": "background-color:var(--front-door-button-colour,#0f7a52)",
    "background-color:#0b5c3e": "background-color:var(--front-door-button-hover-colour,#0b5c3e)",
    "0 2px 0 #083d29": "0 2px 0 var(--front-door-button-shadow-colour,#083d29)",
}


class BuildError(Exception):
    """The assets are not as this module expects them."""


def council_css(css: str) -> str:
    """govuk-frontend's CSS without GOV.UK's own font and crest, and with colours for buttons."""
    for pattern, replacement in ((FONT_NOTICE, ""), (FONT_FACE, ""), (FONT_NAME, ""), (CREST, "none")):
        css = pattern.sub(replacement, css)
    for found, replacement in BUTTON_COLOURS.items():
        css = css.replace(found, replacement)
    css = used_css(without_source_map(css)) + "\n"
    left = OUTSIDE_FILE.search(css)
    if left or "@font-face" in css or "GDS Transport" in css:
        raise BuildError(f"govuk-frontend's CSS still asks for {left.group(0) if left else 'its own font'}.")
    return css


def without_source_map(text: str) -> str:
    """`text` without the line that sends a browser's tools for a source map."""
    return SOURCE_MAP.sub("", text).rstrip() + "\n"


@dataclass(frozen=True)
class Asset:
    """A file of a package, and what is changed in it."""

    source: str
    change: Callable[[str], str] = without_source_map


ASSETS: Mapping[str, Asset] = {
    "govuk-frontend.min.css": Asset("govuk-frontend/dist/govuk/govuk-frontend.min.css", council_css),
    "govuk-frontend.min.js": Asset("govuk-frontend/dist/govuk/govuk-frontend.min.js"),
}


def build(modules: Path = MODULES, target: Path = BUILT) -> list[Path]:
    """Writes every asset into `target`, replacing what was there; returns the files. Raises: BuildError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="assets-", dir=target.parent) as half_done:
        for name, asset in ASSETS.items():
            source = modules / asset.source
            if not source.is_file():
                raise BuildError(f"{source} is missing. Run `npm ci --ignore-scripts` first, or `make`.")
            text = asset.change(source.read_text(encoding="utf-8"))
            (Path(half_done) / name).write_text(text, encoding="utf-8")
        target.mkdir(exist_ok=True)
        for name in ASSETS:
            shutil.copyfile(Path(half_done) / name, target / name)
    return [target / name for name in ASSETS]


def pack(static: Path = STATIC) -> None:
    """Writes every asset of the folder in each encoding, under the digest of its content; deletes what is left over."""
    packed = static / PACKED
    shutil.rmtree(packed, ignore_errors=True)
    packed.mkdir(parents=True)
    for file in sorted(path for path in static.rglob("*") if path.suffix in SUFFIXES):
        body = file.read_bytes()
        name = sha256(body).hexdigest()[:DIGEST_LENGTH]
        for encoding in ENCODINGS:
            (packed / f"{name}.{encoding}").write_bytes(compressed(body, encoding, BEST_QUALITY[encoding]))


def main() -> int:
    """0 when the assets are built, else 1 with the reason."""
    try:
        files = build()
        pack()
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"Built {len(files)} assets in {BUILT.relative_to(ROOT)}/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
