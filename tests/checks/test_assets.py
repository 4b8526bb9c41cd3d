"""The assets that are built keep to the council's own look and to this server; classes and their rules agree."""

import re
from pathlib import Path

import pytest

from static.build import ASSETS, ROOT, BuildError, build, council_css, without_source_map
from static.used_css import BLOCKS, OVERRIDES, is_used, used_css

STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"


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


CLASS = re.compile(r"(?<![\w-])fd-[a-z0-9_-]+")
# A class whose end is computed: `fd-row--{{ row.state }}`.
COMPUTED = re.compile(r"(fd-[a-z0-9_-]+)\{\{")
SHEETS_OF_FOLDER: dict[str, tuple[str, ...]] = {
    "agent": ("front-door.css", "agent.css"),
    "site": ("front-door.css", "site.css", "waiting-room.css"),
    "manage": ("front-door.css", "site.css"),
    "planner": ("front-door.css", "site.css", "week.css"),
    "council": ("front-door.css", "site.css"),
}


def classes_in_templates() -> dict[str, set[str]]:
    """The names of our classes by the templates that use them, without those whose end is computed."""
    return {
        str(path.relative_to(TEMPLATES)): set(CLASS.findall(COMPUTED.sub("", path.read_text(encoding="utf-8"))))
        for path in sorted(TEMPLATES.rglob("*.html"))
    }


def classes_with_rule(*sheets: str) -> set[str]:
    """The names of our classes that a rule of these style sheets selects."""
    css = "".join((STATIC / sheet).read_text(encoding="utf-8") for sheet in sheets)
    selectors = re.findall(r"([^{};]+)\{", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return {name for selector in selectors for name in re.findall(r"\.(fd-[a-z0-9_-]+)", selector)}


def test_every_class_of_a_template_has_a_rule_in_a_sheet_of_its_page() -> None:
    without_rule = {}
    for template, names in classes_in_templates().items():
        sheets = SHEETS_OF_FOLDER.get(template.split("/")[0], ("front-door.css",))
        without_rule[template] = names - classes_with_rule(*sheets)
    assert {template: names for template, names in without_rule.items() if names} == {}


def test_every_rule_is_for_a_class_that_a_page_uses() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    scripts = "".join(path.read_text(encoding="utf-8") for path in STATIC.glob("js/*.js"))
    used = set(CLASS.findall(COMPUTED.sub("", templates) + scripts))
    computed = tuple(COMPUTED.findall(templates))
    ruled = classes_with_rule(*(path.name for path in STATIC.glob("*.css")))
    assert {name for name in ruled - used if not name.startswith(computed)} == set()


@pytest.mark.parametrize("sheet", [path.name for path in sorted(STATIC.glob("*.css"))])
def test_a_style_sheet_has_one_declaration_on_a_line(sheet: str) -> None:
    lines = (STATIC / sheet).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 160] == []
    assert [line for line in lines if re.search(r"\{.*\S|;.*;", line) and not line.startswith("/*")] == []


GOVUK_CLASS = re.compile(r"(?<![\w-])govuk-(?:!-)?[a-z]+(?:(?:-|--|__)[a-z0-9]+)*")
NAMES_THAT_ARE_NO_CLASSES = {"govuk-frontend", "govuk-heading", "govuk-caption"}


def govuk_classes() -> set[str]:
    """The classes of GOV.UK that templates, scripts and code name; variables of its stylesheet are not among them."""
    files = [
        *TEMPLATES.rglob("*.html"),
        *STATIC.glob("js/*.js"),
        *ROOT.glob("web/**/*.py"),
        *ROOT.glob("planner/**/*.py"),
        *ROOT.glob("council/**/*.py"),
    ]
    text = "".join(re.sub(r"--govuk-[\w-]+", "", path.read_text(encoding="utf-8")) for path in files)
    return set(GOVUK_CLASS.findall(text)) - NAMES_THAT_ARE_NO_CLASSES


def test_the_stylesheet_keeps_every_class_that_is_used() -> None:
    assert {name for name in govuk_classes() if not is_used(name)} == set()


def test_what_the_stylesheet_keeps_is_used_somewhere() -> None:
    blocks = {re.split("__|--", name)[0] for name in govuk_classes()}
    drawn_by_libraries = {"govuk-password-input", "govuk-label-wrapper", "govuk-skip-link-focused-element"}
    drawn_by_libraries |= {
        "govuk-character-count",
        "govuk-body-m",
        "govuk-frontend-supported",
        "govuk-grid-column-two-thirds",
    }
    assert BLOCKS - blocks - drawn_by_libraries == set()
    assert govuk_classes() >= OVERRIDES


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".govuk-body{a:b}.govuk-tabs{a:b}", ".govuk-body{a:b}"),
        (".govuk-body,.govuk-tabs .govuk-body{a:b}", ".govuk-body{a:b}"),
        ("@media print{.govuk-tabs{a:b}}", ""),
        ("@media print{.govuk-tabs{a:b}.govuk-tag--grey{a:b}}", "@media print{.govuk-tag--grey{a:b}}"),
        ("p:not(.govuk-tabs){a:b}", "p:not(.govuk-tabs){a:b}"),
        ("a:is(.govuk-body,.govuk-tag){a:b}", "a:is(.govuk-body,.govuk-tag){a:b}"),
        (r".govuk-\!-margin-top-2{a:b}.govuk-\!-margin-top-3{a:b}", r".govuk-\!-margin-top-2{a:b}"),
        ("@keyframes x{from{a:b}to{a:b}}:root{--a:b}", "@keyframes x{from{a:b}to{a:b}}:root{--a:b}"),
    ],
)
def test_rules_that_no_page_uses_are_left_out(css: str, kept: str) -> None:
    assert used_css(css) == kept
