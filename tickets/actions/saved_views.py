"""Views: queries somebody keeps under a name, for themselves or for their team."""

from datetime import datetime

from django.db import transaction

from clients.models import User
from clients.queries import house_role, role_of
from clients.rules.roles import Role, may, require
from core.errors import InvalidInput, MoveRefused, NotAllowed
from core.text import is_blank, one_line
from core.validation import unless_taken
from tickets.models import SavedView
from tickets.rules.search import MOST_CHARACTERS, parse

MOST_VIEWS = 20


@transaction.atomic
def save_view(
    *,
    name: str,
    query: str,
    actor: User,
    now: datetime,
    client_id: int | None = None,
    is_shared: bool = False,
) -> SavedView:
    """Keep a query under a name: for a client's portal, or for the console without one.

    Raises InvalidInput without a name or query, or if one's own view has this name already, and
    MoveRefused past twenty of one's own there.
    """
    _require(_role(actor, client_id), is_shared=is_shared)
    asked = one_line(query[: MOST_CHARACTERS * 5])[:MOST_CHARACTERS]
    if parse(asked).is_empty:
        raise InvalidInput("Search for something first, then save it.", field="query")
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if actor.saved_views.filter(client=client_id).count() >= MOST_VIEWS:
        raise MoveRefused(f"You have {MOST_VIEWS} views already. Delete one first.")
    view = SavedView(
        client_id=client_id, owner=actor, query=asked, is_shared=is_shared, created_at=now
    )
    return _named(view, name)


@transaction.atomic
def change_view(*, view_id: int, name: str, is_shared: bool, actor: User) -> SavedView:
    """Rename one's own view, share it or keep it to oneself. Refuses as ``save_view`` does."""
    view = SavedView.objects.select_for_update().get(pk=view_id)
    if view.owner_id != actor.pk:
        raise NotAllowed
    # Who may no longer share may still rename what is shared, or take it back.
    _require(_role(actor, view.client_id), is_shared=is_shared and not view.is_shared)
    view.is_shared = is_shared
    return _named(view, name)


@transaction.atomic
def delete_view(*, view_id: int, actor: User) -> None:
    """Drop one's own view; owners and ops admins also drop what somebody else shared."""
    view = SavedView.objects.select_for_update().get(pk=view_id)
    role = _role(actor, view.client_id)
    require(role, "view.save")
    if view.owner_id != actor.pk and not (view.is_shared and may(role, "view.manage")):
        raise NotAllowed
    view.delete()


def _require(role: Role, *, is_shared: bool) -> None:
    """Raises NotAllowed unless the role may keep a view, or one that others see."""
    require(role, "view.save")
    if is_shared:
        require(role, "view.share")


def _role(actor: User, client_id: int | None) -> Role:
    return house_role(actor) if client_id is None else role_of(actor, client_id)


def _named(view: SavedView, name: str) -> SavedView:
    view.name = one_line(name)[:60]
    if is_blank(view.name):
        raise InvalidInput("Give it a name.", field="name")
    with unless_taken(
        "saved_view_name_once", message="You have a view of this name.", field="name"
    ):
        view.save()
    return view
