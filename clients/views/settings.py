from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clients.actions import change_client, change_profile
from clients.forms import ClientForm, ProfileForm
from clients.portal import Portal, account_page, add_refusal, show
from clients.queries import client_projects, running_retainer
from core.errors import Refused


@require_http_methods(["GET", "HEAD", "POST"])
@account_page
def settings(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """Show and change one's own profile and, for owners, the client's."""
    may_change_client = portal.may("client.change")
    chosen = request.POST.get("action", "") if request.method == "POST" else ""
    profile = ProfileForm(
        request.POST if chosen == "profile" else None,
        initial={"name": portal.user.name, "time_zone": portal.user.time_zone},
        prefix="profile",
    )
    account = None
    if may_change_client:
        account = ClientForm(
            request.POST if chosen == "client" else None,
            initial={"name": portal.client.name, "time_zone": portal.client.time_zone},
            prefix="client",
        )
    if _saved(portal, profile, account):
        messages.success(request, "Saved.")
        return redirect("settings")

    failed = profile.errors or (account and account.errors)
    context = {
        "nav": "settings",
        "profile": profile,
        "account": account,
        "may_people": portal.may("person.manage"),
        "may_keys": portal.may("key.manage"),
    }
    if portal.member:
        context["projects"] = client_projects(portal.client.pk)
        context["retainer"] = running_retainer(portal.client.pk)
    return show(request, portal, "portal/settings.html", context, status=422 if failed else 200)


def _saved(portal: Portal, profile: ProfileForm, account: ClientForm | None) -> bool:
    """Save the form that was sent; gives False if none was, or with the refusal on it."""
    form = profile if profile.is_bound else account
    if form is None or not form.is_bound or not form.is_valid():
        return False
    try:
        if form is profile:
            change_profile(user_id=portal.user.pk, **form.cleaned_data)
        else:
            change_client(
                client_id=portal.client.pk, actor=portal.user, now=portal.now, **form.cleaned_data
            )
    except Refused as refusal:
        add_refusal(form, refusal)
        return False
    return True
