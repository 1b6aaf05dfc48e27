"""Forms of the portal; what they check is shape, the actions check the rest."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxLengthValidator
from django.http import QueryDict
from django.utils.crypto import get_random_string

from clients.models import Project, User
from tickets.actions import upload_attachment
from tickets.actions.content import MOST_TEXT
from tickets.actions.conversation import MOST_BODY
from tickets.models import Attachment
from tickets.queries import loose_attachments
from tickets.rules.plain_words import CLAIMS
from tickets.rules.search import MOST_CHARACTERS


class FilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; the content is judged by tickets.actions.upload_attachment."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[bytes]]":
        """Check number and sizes before anything reads a file into memory."""
        sent = data if isinstance(data, (list, tuple)) else [data] if data else []
        if len(sent) > settings.ATTACHMENT_MAX_COUNT:
            raise forms.ValidationError(f"At most {settings.ATTACHMENT_MAX_COUNT} files, please.")
        files = [super(FilesField, self).clean(file, initial) for file in sent]
        for file in files:
            if file.size > settings.ATTACHMENT_MAX_BYTES:
                most = settings.ATTACHMENT_MAX_BYTES // (1024 * 1024)
                raise forms.ValidationError(f"{file.name} is larger than {most} MB.")
        return files


class WithFiles(forms.Form):
    """A form that takes files, and remembers those it stored when something else was refused."""

    attachments = FilesField(
        label="Screenshots or files",
        required=False,
        widget=FilesInput(attrs={"accept": "image/*,video/*,.pdf,.txt,.log,.csv,.json,.zip"}),
    )
    kept = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_kept(self) -> list[int]:
        """Give the ids of files stored by an earlier try."""
        parts = str(self.cleaned_data["kept"]).split(",")[: settings.ATTACHMENT_MAX_COUNT]
        return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19]

    def store_files(self, *, user: User, now: datetime) -> list[int]:
        """Store the files sent; gives their ids together with those of an earlier try.

        Each is remembered as it is stored: what refuses the next one loses none.
        """
        kept = [file.pk for file in self.kept_files(user)]
        self._remember(kept)
        for sent in self.cleaned_data["attachments"]:
            name = sent.name or "file"
            stored = upload_attachment(name=name, data=sent.read(), actor=user, now=now)
            kept.append(stored.pk)
            self._remember(kept)
        return kept

    def kept_files(self, user: User) -> list[Attachment]:
        """Give the files that an earlier try stored and that are still the person's own."""
        wanted = self.cleaned_data.get("kept") if hasattr(self, "cleaned_data") else None
        return list(loose_attachments(user, wanted or []))

    def _remember(self, ids: list[int]) -> None:
        """Carry stored files along when the form is shown again."""
        self.cleaned_data["kept"] = list(ids)
        data = cast(QueryDict, self.data).copy()
        data["kept"] = ",".join(str(pk) for pk in ids)
        self.data = data


class ReportForm(WithFiles):
    """Tell what happened: one text is enough."""

    text = forms.CharField(
        label="What happened?",
        strip=False,
        validators=[MaxLengthValidator(MOST_TEXT)],
        help_text="In your own words. What did you expect, and what came instead?",
        error_messages={"required": "Say in a few words what happened."},
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    project = forms.ChoiceField(label="Which app?")
    page_url = forms.CharField(
        label="Where does it happen?",
        required=False,
        max_length=2000,
        help_text="The address of the page, copied from the browser.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    claimed_severity = forms.ChoiceField(
        label="How bad is it for you?",
        required=False,
        choices=[(value, title) for value, title, _ in CLAIMS],
        widget=forms.RadioSelect,
    )
    device = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    form_key = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = list(projects)
        choices = [(str(project.pk), project.name) for project in self.projects]
        self.fields["project"].choices = choices  # type: ignore[attr-defined]
        self.fields["form_key"].initial = get_random_string(24)
        if len(self.projects) == 1:
            self.fields["project"].initial = choices[0][0]
            self.fields["project"].widget = forms.HiddenInput()

    @property
    def claims(self) -> list[tuple[str, str, str]]:
        """The choices of severity: value, title and note."""
        return CLAIMS


class ReplyForm(WithFiles):
    """Say something on a ticket or report."""

    body = forms.CharField(
        label="Your reply",
        strip=False,
        validators=[MaxLengthValidator(MOST_BODY)],
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnswerForm(forms.Form):
    """Say something on the page of one's report."""

    form_key = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    body = forms.CharField(
        label="Your answer",
        strip=False,
        validators=[MaxLengthValidator(MOST_BODY)],
        error_messages={"required": "Write something first."},
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class StillBrokenForm(forms.Form):
    """Say, if one likes, what is still wrong."""

    comment = forms.CharField(
        label="What still goes wrong?",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ListFilter(forms.Form):
    """What the list of tickets is narrowed to."""

    VIEWS = [("open", "Open"), ("done", "Done"), ("all", "All")]

    view = forms.ChoiceField(choices=VIEWS, required=False)
    # A space at its end says that the last word is whole.
    q = forms.CharField(max_length=MOST_CHARACTERS, required=False, strip=False, empty_value="")
    project = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def wanted(self) -> dict[str, Any]:
        """Give the filters that make sense; a broken one counts as not given."""
        self.is_valid()
        given = {name: self.cleaned_data.get(name) for name in self.fields}
        return {**given, "view": given["view"] or "open", "q": given["q"] or ""}
