from typing import Any

from django import template
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from core.panels import panels_for

register = template.Library()


@register.simple_tag(takes_context=True)
def panels(context: RequestContext, page: str, subject: Any) -> SafeString:
    """Render the panels that upper apps registered for this page."""
    request = context.get("request")
    rendered = [
        render_to_string(panel.template, facts, request=request)
        for panel, facts in panels_for(page, subject)
    ]
    return mark_safe("".join(rendered))  # noqa: S308 - each part is an escaped template
