"""What cannot be seen is no text: it is refused as an empty field is."""

from datetime import datetime

import pytest

from clients.actions import change_profile, record_release
from clients.models import Project, User
from core.errors import InvalidInput
from core.text import is_blank
from tests import factories
from tickets.actions import reply_to_report

UNSEEN = "\u200b \u200d\u2060"


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b", UNSEEN, "\u202e", "\xa0", "\ud800"])
def test_only_spaces_controls_and_joiners_are_blank(text: str) -> None:
    assert is_blank(text) and not is_blank(f"{text}é") and not is_blank(f"{text}.")


@pytest.mark.django_db
def test_what_cannot_be_seen_is_refused_as_empty(
    project: Project, alice: User, engineer: User, now: datetime
) -> None:
    report = factories.make_report(project=project)
    with pytest.raises(InvalidInput):
        factories.make_report(project=project, text=UNSEEN)
    with pytest.raises(InvalidInput):
        reply_to_report(report_id=report.pk, body=UNSEEN, actor=alice, now=now)
    with pytest.raises(InvalidInput):
        record_release(project_id=project.pk, version=UNSEEN, actor=None, now=now)
    with pytest.raises(InvalidInput):
        change_profile(user_id=alice.pk, name=UNSEEN, time_zone="UTC")
    assert not project.releases.exists()
