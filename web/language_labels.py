"""The languages of residents, as staff read them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.labels import Labels

# In which a resident is written and spoken to, by the code that is kept; empty where nobody has asked.
MESSAGE_LANGUAGES: Labels = {"cy": _l("Welsh"), "en": _l("English"), "": _l("Not asked")}
