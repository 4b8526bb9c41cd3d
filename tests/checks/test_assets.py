"""The assets that are built keep to the council's own look and to this server."""

from pathlib import Path

import pytest

from static.build import ASSETS, BuildError, build, council_css, without_source_map


def make_modules(folder: Path, css: str = "a{font-family:GDS Transport,arial,sans-serif}") -> Path:
    """A node_modules with one small file for each asset."""
    for name, asset in ASSETS.items():
        file = folder / asset.source
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(css if name == "govuk-frontend.min.css" else "x\n//# sourceMappingURL=x.map\n")
    return folder


def test_govuks_own_font_is_left_out() -> None:
    css = '@font-face{font-family:GDS Transport;src:url(/assets/fonts/a.woff2)}p{font-family:"GDS Transport",arial}'
    assert council_css(css) == "p{font-family:arial}\n"


def test_the_crest_is_left_out() -> None:
    assert council_css("a{background-image:url(/assets/images/govuk-crest.svg)}") == "a{background-image:none}\n"


def test_a_button_takes_the_councils_colour() -> None:
    css = council_css(".govuk-button{background-color:#0f7a52}")
    assert css == ".govuk-button{background-color:var(--front-door-button-colour,#0f7a52)}\n"


@pytest.mark.parametrize("css", ["a{src:url(/assets/new.png)}", "a{font:GDS Transport}"])
def test_anything_else_of_govuks_stops_the_build(css: str) -> None:
    with pytest.raises(BuildError):
        council_css(css)


@pytest.mark.parametrize("line", ["//# sourceMappingURL=a.js.map", "/*# sourceMappingURL=a.css.map*/"])
def test_source_maps_are_not_asked_for(line: str) -> None:
    assert without_source_map(f"code;\n{line}\n") == "code;\n"


def test_the_build_writes_every_asset_and_can_be_repeated(tmp_path: Path) -> None:
    modules = make_modules(tmp_path / "node_modules")
    for _ in range(2):
        files = build(modules, tmp_path / "static" / "built")
    assert sorted(file.name for file in files) == sorted(ASSETS)
    assert files[0].read_text() == "a{font-family:arial,sans-serif}\n"
    assert [child.name for child in (tmp_path / "static").iterdir()] == ["built"]


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="npm ci"):
        build(tmp_path, tmp_path / "built")
