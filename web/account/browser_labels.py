"""What browsers and devices are called: the words for the codes of `people.staff.browser_names`."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.labels import Labels

BROWSERS: Labels = {
    "edge": _l("Edge"),
    "opera": _l("Opera"),
    "samsung": _l("Samsung Internet"),
    "firefox": _l("Firefox"),
    "chrome": _l("Chrome"),
    "safari": _l("Safari"),
    "other": _l("Another browser"),
    "": _l("A browser that did not say what it is"),
}
DEVICES: Labels = {
    "iphone": _l("on an iPhone"),
    "ipad": _l("on an iPad"),
    "android": _l("on an Android telephone or tablet"),
    "chromebook": _l("on a Chromebook"),
    "windows": _l("on a computer with Windows"),
    "mac": _l("on a Mac"),
    "linux": _l("on a computer with Linux"),
    "other": _l("on another device"),
    "": "",
}
