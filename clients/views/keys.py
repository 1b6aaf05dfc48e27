from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clients.actions import create_api_key, revoke_api_key
from clients.forms import ApiKeyForm
from clients.models import ApiKey, ApiScope
from clients.pages import new_form_key, sent_once
from clients.portal import (
    Portal,
    add_refusal,
    number_of,
    portal_page,
    refusals_as_messages,
    show,
)
from clients.queries import client_api_keys, client_projects
from core.errors import NotAllowed, Refused
from core.limits import check_limit

KEYS_AN_HOUR = 30
MOST_REVOKED = 20


@require_http_methods(["GET", "HEAD", "POST"])
@portal_page
def api_keys(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """Show an owner the keys of the client's apps, and make and revoke them."""
    if not portal.may("key.manage"):
        raise NotAllowed
    projects = list(client_projects(portal.client.pk))
    form, made = ApiKeyForm(projects=projects), None
    if request.method == "POST":
        if request.POST.get("action") == "revoke":
            return _revoke(request, portal)
        with sent_once(request, portal.user) as is_first:
            if not is_first:
                return redirect("api_keys")
            form = ApiKeyForm(request.POST, projects=projects)
            made = _create(portal, form) if form.is_valid() else None
        if made:
            form = ApiKeyForm(projects=projects)

    keys = client_api_keys(portal.client.pk)
    # The key is shown in this answer only: to be shown by the next, it would have to be stored.
    context = {
        "nav": "settings",
        "form": form,
        "form_key": new_form_key(),
        "made": made,
        "keys": keys.filter(revoked_at=None),
        "revoked": keys.exclude(revoked_at=None).order_by("-revoked_at")[:MOST_REVOKED],
        "with_app": len(projects) > 1,
    }
    failed = bool(form.errors)
    return show(request, portal, "portal/api_keys.html", context, status=422 if failed else 200)


def _create(portal: Portal, form: ApiKeyForm) -> dict[str, object] | None:
    """Make a key; gives what is shown of it once, or None with the refusal on the form."""
    try:
        check_limit("key", str(portal.user.pk), most=KEYS_AN_HOUR, seconds=3600, now=portal.now)
        key, token = create_api_key(
            project_id=int(form.cleaned_data["project"]),
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            actor=portal.user,
            now=portal.now,
        )
    except Refused as refusal:
        add_refusal(form, refusal)
        return None
    line, what_it_does = _trial(key, token)
    return {"key": key, "token": token, "line": line, "what_it_does": what_it_does}


def _revoke(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    key = client_api_keys(portal.client.pk).get(pk=number_of(request.POST.get("key")))
    with refusals_as_messages(request):
        revoke_api_key(key_id=key.pk, actor=portal.user, now=portal.now)
        messages.success(request, f"The key “{key.name}” stopped working.")
    return redirect("api_keys")


def _trial(key: ApiKey, token: str) -> tuple[str, str]:
    """Give a command that uses the key and what it does: it only reads, where the key may."""
    call = f'curl -H "Authorization: Bearer {token}" '
    address = f"{settings.SITE_URL}/api/v1"
    if ApiScope.REPORTS_READ in key.scopes:
        return f"{call}{address}/reports", "It lists the app's reports and changes nothing."
    if ApiScope.RELEASES_WRITE in key.scopes:
        return f"{call}{address}/releases", "It lists the recorded deploys and changes nothing."
    body = """-H "Content-Type: application/json" -d '{"text": "A try of our API key."}' """
    return f"{call}{body}{address}/reports", "It files a report: an engineer will read it."
