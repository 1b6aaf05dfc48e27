from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clients.actions import (
    change_member_role,
    invite_member,
    remove_member,
    revoke_invitation,
)
from clients.forms import InviteForm, RoleForm
from clients.models import Invitation, Member
from clients.models.accounts import CLIENT_ROLE_CHOICES
from clients.portal import (
    Portal,
    add_refusal,
    number_of,
    portal_page,
    refusals_as_messages,
    show,
)
from clients.queries import members_of, open_invitations
from core.errors import Refused
from core.limits import check_limit

INVITATIONS_AN_HOUR = 30


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
def team(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """Show who is in the team; its owners invite, change and remove."""
    form = InviteForm()
    if request.method == "POST":
        chosen = request.POST.get("action", "invite")
        if chosen != "invite":
            return _change(request, portal, chosen)
        form = InviteForm(request.POST)
        if form.is_valid() and _invite(portal, form):
            messages.success(
                request, f"An invitation is on its way to {form.cleaned_data['email']}."
            )
            return redirect("team")

    context = {
        "nav": "team",
        "form": form,
        "members": members_of(portal.client.pk),
        "invitations": open_invitations(portal.client.pk),
        "roles": CLIENT_ROLE_CHOICES,
        "may_invite": portal.may("member.invite"),
        "may_change": portal.may("member.change"),
    }
    return show(request, portal, "portal/team.html", context, status=422 if form.errors else 200)


def _invite(portal: Portal, form: InviteForm) -> bool:
    """Invite; gives False with the refusal on the form."""
    try:
        check_limit(
            "invite", str(portal.user.pk), most=INVITATIONS_AN_HOUR, seconds=3600, now=portal.now
        )
        invite_member(
            client_id=portal.client.pk,
            email=form.cleaned_data["email"],
            role=form.cleaned_data["role"],
            actor=portal.user,
            now=portal.now,
        )
    except Refused as refusal:
        add_refusal(form, refusal)
        return False
    return True


def _change(request: HttpRequest, portal: Portal, chosen: str) -> HttpResponseBase:
    with refusals_as_messages(request):
        if chosen == "revoke":
            revoke_invitation(
                invitation_id=_invitation(request, portal).pk, actor=portal.user, now=portal.now
            )
            messages.success(request, "The invitation is taken back; its link no longer works.")
        elif chosen == "role":
            form = RoleForm(request.POST)
            role = form.cleaned_data["role"] if form.is_valid() else ""
            member = change_member_role(
                member_id=_member(request, portal).pk, role=role, actor=portal.user, now=portal.now
            )
            word = member.get_role_display().lower()
            messages.success(request, f"{member.user} is now {word}.")
        elif chosen == "remove":
            member = _member(request, portal)
            remove_member(member_id=member.pk, actor=portal.user, now=portal.now)
            left = member.user_id == portal.user.pk
            done = "You left" if left else f"{member.user} is no longer in"
            messages.success(request, f"{done} {portal.client}.")
            return redirect("portal_home" if left else "team")
    return redirect("team")


def _member(request: HttpRequest, portal: Portal) -> Member:
    return members_of(portal.client.pk).get(pk=number_of(request.POST.get("member")))


def _invitation(request: HttpRequest, portal: Portal) -> Invitation:
    return open_invitations(portal.client.pk).get(pk=number_of(request.POST.get("invitation")))
