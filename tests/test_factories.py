"""Each state a factory promises is really reached."""

import pytest

from clients.models import ApiKey, Project, User
from clients.rules.retainers import RetainerState
from tests import factories
from tickets.rules.states import TicketState


@pytest.mark.parametrize("state", TicketState.values)
def test_make_ticket_walks_to_every_state(project: Project, engineer: User, state: str) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state=state)
    assert ticket.state == state


@pytest.mark.parametrize("state", RetainerState.values)
def test_make_retainer_walks_to_every_state(db: None, state: str) -> None:
    retainer = factories.make_retainer(client=factories.make_client(), state=state)
    assert retainer.state == state


def test_the_three_people_and_staff_have_their_roles(
    alice: User, bob: User, vera: User, charlie: User, engineer: User, ops_admin: User,
    api_key: ApiKey,
) -> None:  # fmt: skip
    assert alice.memberships.get().role == "owner"
    assert bob.memberships.get().role == "member"
    assert vera.memberships.get().role == "viewer"
    assert charlie.memberships.get().client.name == "Globex"
    assert engineer.staff_role == "engineer"
    assert ops_admin.staff_role == "ops_admin"
    assert api_key.project.client.name == "Acme"
