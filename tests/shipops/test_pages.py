"""The front door and the pages that say what went wrong."""

import re

import pytest
from django.test import Client as Browser
from django.test import RequestFactory
from django.views.defaults import server_error

from clients.models import User
from tests.portal import signed_in


@pytest.mark.django_db
def test_visitors_meet_the_front_page_under_the_strict_policy() -> None:
    answer = Browser().get("/")
    page = answer.content.decode()
    assert "You launched it." in page
    assert not re.search(r"<script(?![^>]*src=)|\s(style|on[a-z]+)=", page)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_a_missing_page_says_so_in_our_words() -> None:
    answer = Browser().get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_the_page_for_a_broken_server_needs_no_database() -> None:
    answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()


@pytest.mark.django_db
def test_a_forged_form_is_refused_with_advice(alice: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(alice, backend="clients.backends.GroupsBackend")
    answer = browser.post("/portal/switch/", {"client": 1})
    assert answer.status_code == 403
    assert "Please send that again" in answer.content.decode()


@pytest.mark.django_db
def test_too_many_fields_are_a_page_not_an_error(alice: User) -> None:
    answer = signed_in(alice).post("/portal/team/", {f"f{n}": "x" for n in range(301)})
    assert answer.status_code == 400
    assert "could not be read" in answer.content.decode()
