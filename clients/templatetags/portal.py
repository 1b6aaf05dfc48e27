"""Template tags of the portal: icons, times in the viewer's words, initials."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from clients.models import Project
from clients.rules.times import (
    describe_business_time,
    describe_distance,
    describe_hours,
    describe_moment,
    describe_open_time,
)
from core.mail_addresses import project_address

register = template.Library()


@register.filter
def mail_address(project: Project) -> str:
    """Give the address at which a project's problems come in by mail; empty where none do."""
    return project_address(project.mail_token)


_WORD = re.compile(r"\w[\w'’-]*")


@register.simple_tag
def icon(name: str, extra_class: str = "") -> SafeString:
    """Draw one icon of the sprite; it is decoration, the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        extra_class,
        static("portal/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def when(context: Context, moment: datetime | None) -> str:
    """Say when something was or will be, in the active time zone, as a <time> element."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        local.strftime("%A %-d %B %Y, %H:%M %Z"),
        describe_moment(local, timezone.localtime(context["now"])),
    )


@register.simple_tag(takes_context=True)
def distance(context: Context, moment: datetime | None) -> str:
    """Say how far away something is: "in 2 hours", "3 days ago"."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        local.strftime("%A %-d %B %Y, %H:%M %Z"),
        describe_distance(moment, context["now"]),
    )


@register.filter
def business_time(minutes: int) -> str:
    """Say business minutes as people do: "4 h", "2 days"."""
    return describe_business_time(minutes)


@register.filter
def open_time(minutes: int) -> str:
    """Say open minutes of any calendar, in which a day may have any length: "80 h"."""
    return describe_open_time(minutes)


@register.filter
def hours(minutes: float) -> str:
    """Say minutes as hours: "45 min", "1.5 h", "120 h"."""
    return describe_hours(minutes)


@register.simple_tag
def upload_limits() -> dict[str, int]:
    """Give how many files of which size the portal takes at once."""
    most = settings.ATTACHMENT_MAX_BYTES
    return {"files": settings.ATTACHMENT_MAX_COUNT, "bytes": most, "megabytes": most // 1024**2}


@register.filter
def unprompted(field: BoundField) -> SafeString:
    """Render a field of allauth's without its placeholder, which only repeats the label."""
    return field.as_widget(attrs={"placeholder": ""})


@register.filter
def tones(words: str, prefix: str) -> str:
    """Turn "good hollow" into the classes "badge-good badge-hollow"."""
    return " ".join(f"{prefix}-{word}" for word in words.split())


@register.filter
def inline_svg(svg: str, label: str) -> SafeString:
    """Put an SVG that this server made itself into the page, named for screen readers."""
    start = svg.index("<svg")
    named = svg[start:].replace("<svg", format_html('<svg role="img" aria-label="{}"', label), 1)
    return mark_safe(named)  # noqa: S308 - made by qrcode from our own text, never a visitor's


@register.filter
def initials(name: str) -> str:
    """Shorten a name or an address to the one or two letters of its badge."""
    words = _WORD.findall(name.split("@")[0].replace(".", " "))
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


@register.filter
def of(found: Mapping[Any, Any], key: Any) -> Any:
    """Give what a mapping holds for a row: {{ answers|of:report.pk }}."""
    return found.get(key) if found else None
