"""A stylesheet is mirrored without a word of it being lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from static.build import BUILT, STATIC
from web.mirrored_css import mirrored_css

SHEETS = (STATIC / "front-door.css", BUILT / "govuk-frontend.min.css")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a{margin-left:1px}", "a{margin-right:1px}"),
        ("a{padding:1px 2px 3px 4px!important}", "a{padding:1px 4px 3px 2px!important}"),
        ("a{padding:1px 2px}", "a{padding:1px 2px}"),
        ("a{margin:0 calc(1px + 2px) 0 max(var(--a), 3px)}", "a{margin:0 max(var(--a), 3px) 0 calc(1px + 2px)}"),
        ("a{text-align:left;float:right}", "a{text-align:right;float:left}"),
        ("a{border-left:5px solid red}", "a{border-right:5px solid red}"),
        ("a{border-radius:1px 2px 3px 4px}", "a{border-radius:2px 1px 4px 3px}"),
        ("a:before{transform:rotate(225deg)}", "a:before{transform:rotate(-225deg)}"),
        ("a{clip-path:polygon(0 0,100% 50%,0 100%)}", "a{clip-path:polygon(100% 0,0 50%,100% 100%)}"),
        ("a{--fd-left:1px;color:red}", "a{--fd-left:1px;color:red}"),
        (".left{background:url(left.png)}", ".left{background:url(left.png)}"),
    ],
)
def test_left_is_right(left: str, right: str) -> None:
    assert mirrored_css(left) == right
    assert mirrored_css(mirrored_css(left)) == left


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_sheet_mirrored_twice_is_what_it_was(sheet: Path) -> None:
    css = sheet.read_text(encoding="utf-8")
    mirrored = mirrored_css(css)
    assert mirrored != css
    assert mirrored_css(mirrored) == css
