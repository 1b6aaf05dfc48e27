"""Pages that belong to no single app: the front door."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from clients.models import User
from clients.queries import memberships_of


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """Greet visitors; send members to their portal and staff to the console."""
    user = request.user
    if not isinstance(user, User):
        return render(request, "landing.html")
    if user.is_staff and not memberships_of(user).exists():
        return redirect(settings.CONSOLE_PREFIX)
    return redirect("portal_home")
