"""Forms of accounts and teams; what they check is shape, the actions check the rest."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from django import forms

from clients.models import ApiScope, Project
from clients.models.accounts import CLIENT_ROLE_CHOICES
from clients.models.users import known_time_zones
from clients.rules.roles import Role


@cache
def time_zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """List the time zones people know, in groups by continent, UTC first."""
    groups: dict[str, list[tuple[str, str]]] = {"Everywhere": [("UTC", "UTC")]}
    for name in sorted(known_time_zones()):
        area, _, place = name.partition("/")
        if place and area not in {"Etc", "SystemV", "posix", "right", "US"}:
            groups.setdefault(area, []).append((name, place.replace("_", " ")))
    return list(groups.items())


class LoginForm(AllauthLoginForm):
    """Ask for the mail address only, and for a password where the page says ?with=password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_password = self.request.GET.get("with") == "password"
        self.fields["login"].label = "E-mail address"
        self.fields["login"].widget.attrs["placeholder"] = ""
        if self.by_password:
            self.fields["password"].widget.attrs["placeholder"] = ""
        else:
            del self.fields["password"]


class InviteForm(forms.Form):
    """Invite somebody into the team."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    role = forms.ChoiceField(
        label="What they may do", choices=CLIENT_ROLE_CHOICES, initial=Role.MEMBER
    )


class RoleForm(forms.Form):
    """Choose what a member may do."""

    role = forms.ChoiceField(label="Role", choices=CLIENT_ROLE_CHOICES)


class AcceptForm(forms.Form):
    """Say one's name while joining."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text="So that your colleagues and the engineers know who writes.",
    )


class ProfileForm(forms.Form):
    """One's own name and time zone."""

    name = forms.CharField(
        max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    time_zone = forms.ChoiceField(
        choices=time_zone_choices, help_text="All times are shown in this zone."
    )


class ClientForm(forms.Form):
    """What an owner may change about the client."""

    name = forms.CharField(label="Name of the account", max_length=120)
    time_zone = forms.ChoiceField(
        label="Time zone of the account",
        choices=time_zone_choices,
        help_text="New members start with it.",
    )


class ApiKeyForm(forms.Form):
    """Make a key to the API for one of the client's apps."""

    NOTES = {
        ApiScope.REPORTS_WRITE: "For your app, when something fails in it.",
        ApiScope.REPORTS_READ: "For a page of yours that shows what became of them.",
        ApiScope.RELEASES_WRITE: "For your CI, after each deploy.",
    }

    project = forms.ChoiceField(label="App")
    name = forms.CharField(
        label="What uses it",
        max_length=80,
        help_text="So that you know later which one to revoke.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "CI deploys"}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=ApiScope.choices,
        error_messages={"required": "Choose what the key may do."},
    )

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = list(projects)
        choices = [(str(project.pk), project.name) for project in self.projects]
        self.fields["project"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["project"].initial = choices[0][0]
            self.fields["project"].widget = forms.HiddenInput()

    @property
    def scope_choices(self) -> list[tuple[str, str, str, bool]]:
        """What a key may be allowed: value, title, note, and whether it is chosen."""
        chosen = self["scopes"].value() or []
        return [
            (scope.value, scope.label, self.NOTES[scope], scope.value in chosen)
            for scope in ApiScope
        ]
