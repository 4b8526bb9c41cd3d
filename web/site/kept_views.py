"""What a browser of staff needs to go on without network: its worker, and the page that shows the list it has kept."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from flask import Response, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from people.staff.access_marks import public
from web.assets import asset_url, module_urls
from web.request_language import current_language
from web.site.site_blueprint import blueprint

STYLES = ("built/govuk-frontend.min.css", "front-door.css", "site.css", "icon.svg")
MODULES = ("js/front_door.js", "js/kept_shell.js", "js/site.js")


@blueprint.get("/staff/worker.js")
@public
def worker() -> ResponseReturnValue:
    """The worker, with the addresses of what it keeps; another one whenever one of these is."""
    modules = dict.fromkeys(address for name in MODULES for address in module_urls(name))
    assets = [*map(asset_url, STYLES), *modules]
    text = Path(current_app.static_folder or "", "js", "service_worker.js").read_text(encoding="utf-8")
    digest = sha256(json.dumps([assets, text, current_language().code]).encode()).hexdigest()[:12]
    settings = {"cache": f"front-door-{digest}", "shell": url_for("site.kept"), "assets": assets}
    answer = Response(f"const SETTINGS = {json.dumps(settings)};\n{text}", mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/staff/kept")
@public
def kept() -> ResponseReturnValue:
    """The page that shows what a browser has kept; it says nothing of anybody itself."""
    return render_template("site/kept.html")
