"""The page of wards: a file with mistakes changes nothing, a right one is shown first, and services can be for them."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient

from tests.support.pages import check_page

pytestmark = pytest.mark.databases("sqlite")
PATH = "/staff/set-up/wards"


def send(admin: FlaskClient, text: str) -> tuple[int, str, str]:
    """The status of the page that a file leads to, its text and its address."""
    token = check_page(admin.get(PATH).text).form_to(PATH).fields["csrf_token"]
    data = {"csrf_token": token, "file": (BytesIO(text.encode()), "wards.csv")}
    answer = admin.post(PATH, data=data, follow_redirects=True)
    return answer.status_code, check_page(answer.text).text, answer.request.path


def test_wards_come_from_a_file_and_a_service_is_for_them(admin: FlaskClient) -> None:
    assert "There are none yet." in check_page(admin.get(PATH).text).text
    assert "Which wards" not in admin.get("/staff/set-up/service/certify").text
    status, text, _ = send(admin, "postcode,ward\nnonsense,A\n")
    assert (status, "Line 2: postcode: Enter a full postcode" in text) == (400, True)
    status, text, path = send(admin, "pcds,wd25nm,wd25cd\nN12 0GA,Woodhouse,E1\nN12 9AA,Woodhouse,E1\n")
    assert (status, "Ward: Woodhouse" in text, "2 postcodes" in text) == (200, True, True)
    form = check_page(admin.get(path).text).form_to("/set-up/save")
    saved = check_page(admin.post(form.action, data=form.values(), follow_redirects=True).text).text
    assert "2 postcodes" in saved
    form = check_page(admin.get("/staff/set-up/service/certify").text).form_to("/service/certify")
    typed = form.values() | {"wards": "woodhouse", "catchment_instead": "Ask where you live."}
    shown = check_page(admin.post(form.action, data=typed, follow_redirects=True).text)
    assert "Woodhouse" in shown.text
    form = shown.form_to("/set-up/save")
    admin.post(form.action, data=form.values(), follow_redirects=True)
    assert "For its people: Certify documents" in check_page(admin.get(PATH).text).text
    status, text, _ = send(admin, "postcode,ward\nNW11 8AA,East\n")
    assert (status, "which is no ward" in text) == (400, True)
