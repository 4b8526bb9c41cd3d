"""Staff note the number of who waits outside and wants a text when they are called."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.text_when_called import TextWish, ask_for_text
from core.contact_values import parse_phone
from core.error_texts import text_of
from core.errors import IllegalMove, Invalid, InvalidValue, Stale
from core.problems import joined_texts
from core.text import parse_or_empty
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import site_context
from web.request_language import current_language
from web.site.call_text_lines import WrongNumber
from web.site.site_blueprint import SITE_PATH, blueprint
from web.site.waiting_room_views import room_page


@blueprint.post(f"{SITE_PATH}/visits/<int:day_visit>/text", endpoint="text_when_called")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def keep_number(site: str, day_visit: int) -> ResponseReturnValue:
    """Keep the number, or none."""
    typed, language = request.form.get("text_to", "").strip(), current_language()
    with site_context(site) as context:
        try:
            number = parse_or_empty(parse_phone, typed)
            wish = TextWish(number, seen=request.form.get("seen", ""))
            ask_for_text(context.runtime, context.authority.id, site, day_visit, wish, actor=context.actor)
        except InvalidValue as error:
            problem, status = text_of(error.reason, language), 400
        except Invalid as error:
            problem, status = joined_texts(error, language), 400
        except (Stale, IllegalMove):
            problem, status = _("A colleague has changed this meanwhile. Nothing was recorded"), 409
        else:
            return redirect(url_for("site.waiting_room", site=site), code=303)
    with site_context(site) as context:
        wrong = {day_visit: WrongNumber(typed, problem)}
        return room_page(context, problem, status, target=f"text_to-{day_visit}", wrong=wrong)
