"""Saved views: whose they are, who sees them, and what they count."""

from datetime import datetime
from typing import Any

import pytest

from clients.models import Client, Project, User
from core.errors import InvalidInput, MoveRefused, NotAllowed
from tests import factories
from tickets import actions
from tickets.models import SavedView
from tickets.queries.saved_views import counts_of, views_for


def save(actor: User, client: Client | None, **terms: Any) -> SavedView:
    facts: dict[str, Any] = {"name": "Open bugs", "query": "state:open kind:bug", **terms}
    now = datetime.fromisoformat("2026-01-05T12:00:00+00:00")
    client_id = client.pk if client else None
    return actions.save_view(actor=actor, client_id=client_id, now=now, **facts)


def test_a_view_is_ones_own_until_it_is_shared_with_the_team(
    acme: Client, alice: User, bob: User, charlie: User, engineer: User
) -> None:
    view = save(alice, acme)
    assert list(views_for(alice, client_id=acme.pk)) == [view]
    assert not views_for(bob, client_id=acme.pk)

    actions.change_view(view_id=view.pk, name="Bugs", is_shared=True, actor=alice)

    assert [v.name for v in views_for(bob, client_id=acme.pk)] == ["Bugs"]
    assert not views_for(charlie, client_id=acme.pk)
    assert not views_for(charlie)
    assert not views_for(engineer), "the console has views of its own"


def test_views_of_the_console_are_for_staff_alone(
    engineer: User, engineer2: User, ops_admin: User, alice: User
) -> None:
    own, shared = save(engineer, None), save(engineer, None, name="Team", is_shared=True)

    assert set(views_for(engineer)) == {own, shared}
    assert list(views_for(engineer2)) == [shared]
    assert not views_for(alice)
    with pytest.raises(NotAllowed):
        save(alice, None)


def test_a_viewer_keeps_views_and_shares_none(acme: Client, vera: User) -> None:
    view = save(vera, acme)
    with pytest.raises(NotAllowed):
        save(vera, acme, name="Shared", is_shared=True)
    with pytest.raises(NotAllowed):
        actions.change_view(view_id=view.pk, name="Shared", is_shared=True, actor=vera)
    # Shared when she still might: she may rename it, and take it back.
    SavedView.objects.update(is_shared=True)
    assert actions.change_view(view_id=view.pk, name="Other", is_shared=True, actor=vera)
    assert not actions.change_view(
        view_id=view.pk, name="Other", is_shared=False, actor=vera
    ).is_shared


def test_only_its_owner_changes_a_view_and_who_manages_drops_what_is_shared(
    acme: Client, alice: User, bob: User, vera: User, charlie: User, ops_admin: User
) -> None:
    private, shared = save(bob, acme), save(bob, acme, name="Team", is_shared=True)
    for stranger in (alice, vera, charlie, ops_admin):
        with pytest.raises(NotAllowed):
            actions.change_view(view_id=shared.pk, name="X", is_shared=True, actor=stranger)
        with pytest.raises(NotAllowed):
            actions.delete_view(view_id=private.pk, actor=stranger)
    for who in (vera, charlie):
        with pytest.raises(NotAllowed):
            actions.delete_view(view_id=shared.pk, actor=who)

    actions.delete_view(view_id=shared.pk, actor=alice)
    actions.delete_view(view_id=private.pk, actor=bob)

    assert not SavedView.objects.exists()


def test_who_left_the_team_changes_no_view_any_more(acme: Client, bob: User) -> None:
    view = save(bob, acme)
    bob.memberships.all().delete()

    for action in (
        lambda: actions.change_view(view_id=view.pk, name="X", is_shared=False, actor=bob),
        lambda: actions.delete_view(view_id=view.pk, actor=bob),
    ):
        with pytest.raises(NotAllowed):
            action()
    assert not views_for(bob, client_id=acme.pk)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": " \u200b "}, "name"),
        ({"name": "Open BUGS\x00".title().replace("Bugs", "bugs")}, "name"),
        ({"query": ""}, "query"),
        ({"query": "- \u202e \x00"}, "query"),
    ],
)
def test_a_view_needs_a_name_of_its_own_and_a_query(
    acme: Client, alice: User, terms: dict[str, str], field: str
) -> None:
    save(alice, acme)
    with pytest.raises(InvalidInput) as refused:
        save(alice, acme, **{"name": "Other", **terms})
    assert refused.value.field == field


def test_there_are_so_many_views_and_no_more(acme: Client, alice: User, bob: User) -> None:
    for count in range(actions.MOST_VIEWS):
        save(alice, acme, name=f"View {count}")
    with pytest.raises(MoveRefused):
        save(alice, acme, name="One more")
    save(bob, acme)


def test_a_shared_view_counts_what_the_one_who_looks_may_see(
    acme: Client, project: Project, engineer: User, alice: User, charlie: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, title="Refunds", now=now)
    factories.make_ticket(engineer=engineer, title="Refunds elsewhere", now=now)
    actions.note_on_ticket(ticket_id=ticket.pk, body="wombat", actor=engineer, now=now)
    views = [
        save(engineer, None, name=query, query=query, is_shared=True)
        for query in ("refund", "wombat", "refund client:acme")
    ]
    own = [save(alice, acme, name=query, query=query) for query in ("refund", "wombat")]

    assert [count for _, count in counts_of(views, engineer, now=now)] == [2, 1, 1]
    assert [count for _, count in counts_of(views, alice, now=now)] == [0, 0, 0]
    assert [count for _, count in counts_of(own, alice, now=now)] == [1, 0]
    assert [count for _, count in counts_of(own, charlie, now=now)] == [0, 0]


def test_one_s_own_views_stand_before_what_the_team_shares(
    acme: Client, alice: User, bob: User
) -> None:
    save(alice, acme, name="A", is_shared=True)
    save(bob, acme, name="Z")
    assert [view.name for view in views_for(bob, client_id=acme.pk)] == ["Z", "A"]
