"""The council's logo: uploaded, shown before it is saved, served to residents, refused in plain words."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.council.test_set_up import HOME, page_of, save
from tests.locations.test_logos import REFUSED, picture
from tests.support.pages import Page, check_page
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")
LOGO = f"{HOME}/logo"


def sent(client: FlaskClient, content: bytes, status: int = 200, **values: Any) -> str:
    """The page that answers the upload."""
    form = page_of(client, LOGO).form_to("/logo")
    data = form.values(**values) | {"file": (io.BytesIO(content), "logo.png")}
    answer = client.post(form.action, data=data, content_type="multipart/form-data", follow_redirects=True)
    assert answer.status_code == status, answer.text
    return answer.text


def upload(client: FlaskClient, content: bytes, status: int = 200, **values: Any) -> Page:
    return check_page(sent(client, content, status, **values))


def test_a_logo_is_shown_first_and_then_to_residents_at_an_address_of_its_own(
    library: Library, admin: FlaskClient
) -> None:
    public = library.app.test_client()
    assert "logo-" not in public.get("/testshire/").text
    shown = sent(admin, picture("JPEG", (240, 80)))
    preview = check_page(shown)
    assert "A picture of 240 by 80 pixels" in preview.text
    assert 'src="data:image/png;base64,' in shown
    assert "logo-" not in public.get("/testshire/").text
    assert save(admin, preview).endswith("/logo?saved=1")
    page = public.get("/testshire/").text
    address = page.split('class="fd-logo" src="')[1].split('"')[0]
    answer = public.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.data.startswith(b"\x89PNG")
    assert public.get(address.replace("logo-", "logo-0")).status_code == 404
    assert public.get("/nowhere/" + address.split("/")[-1]).status_code == 404
    save(admin, upload(admin, b"", remove="1"))
    assert public.get(address).status_code == 404
    history = page_of(admin, f"{HOME}/history")
    assert "Logo" in history.text


@pytest.mark.parametrize("code", sorted(REFUSED.keys() - {"logo_too_large"}))
def test_what_is_no_logo_is_refused_at_its_field(admin: FlaskClient, code: str) -> None:
    page = upload(admin, REFUSED[code], 400)
    assert "There is a problem" in page.text
    assert "logo" in page.text.lower()


def test_a_file_that_is_far_too_large_is_refused_on_the_page_of_its_form(admin: FlaskClient) -> None:
    for address, words in ((LOGO, "The file of the logo is too large"), (f"{HOME}/upload", "The file is too large")):
        sent = page_of(admin, address).form_to(address.split("/")[-1]).values() | {"file": (io.BytesIO(b"x"), "a")}
        vast = {"CONTENT_LENGTH": str(50 * 2**20)}
        answer = admin.post(address, data=sent, content_type="multipart/form-data", environ_overrides=vast)
        assert answer.status_code == 413
        assert f"{words}. It must be smaller than 1 MB" in check_page(answer.text).text
