from datetime import datetime, timedelta

from clients.models import Project, User
from monitoring.panels import deploys_before
from tests.factories import make_release, make_report, make_ticket


def test_deploys_shortly_before_the_first_report_are_named_with_their_distance(
    project: Project, foreign_project: Project, alice: User, engineer: User, now: datetime
) -> None:
    arrived = now - timedelta(hours=1)
    ticket = make_ticket(make_report(project, by=alice, now=arrived), engineer=engineer, now=now)
    for version, at in (
        ("old", arrived - timedelta(days=3)),
        ("near", arrived - timedelta(minutes=40)),
        ("later", arrived + timedelta(minutes=10)),
    ):
        make_release(project=project, version=version, deployed_at=at, now=now)
    make_release(project=foreign_project, version="theirs", deployed_at=arrived, now=now)

    panel = deploys_before(ticket)

    assert panel is not None
    assert [(row["release"].version, row["minutes"]) for row in panel["rows"]] == [("near", 40)]


def test_without_a_deploy_nearby_there_is_nothing_to_show(
    project: Project, engineer: User, now: datetime
) -> None:
    assert deploys_before(make_ticket(project=project, engineer=engineer, now=now)) is None
