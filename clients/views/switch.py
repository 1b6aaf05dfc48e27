from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clients.portal import SESSION_CLIENT, Portal, account_page, number_of
from clients.queries import memberships_of


@require_http_methods(["GET", "HEAD", "POST"])
@account_page
def client_switch(request: HttpRequest, portal: Portal) -> HttpResponseBase:
    """Look at another of one's own clients."""
    if request.method == "POST":
        wanted = number_of(request.POST.get("client"))
        member = memberships_of(portal.user).get(client_id=wanted)
        request.session[SESSION_CLIENT] = member.client_id
    return redirect("portal_home")
