"""Plans: their published versions, and the form that publishes new terms."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients import actions
from clients.admin.events import history_page
from clients.console import Console, console_page, show, whole
from clients.models import Plan, PlanVersion
from clients.queries import all_calendars, plan_history, plans_overview
from clients.rules.terms import PRIORITIES, Target
from core.errors import InvalidInput, Refused
from core.money import Money

# What the form begins with: minutes to the first response, to a next reply, to the resolution.
_USUAL = {
    "P1": (60, 60, 480), "P2": (240, 240, 1440), "P3": (480, 480, 2400), "P4": (960, 960, 4800),
}  # fmt: skip
_CLOCKS = ("response", "reply", "resolution")


@console_page("plan.publish")
def plans_page(request: HttpRequest, console: Console) -> HttpResponseBase:
    """List the plans and their versions; name a plan, or publish new terms of one."""
    context: dict[str, Any] = {"typed": {}, "refusal": None, "failed": ""}
    if request.method == "POST":
        do = request.POST.get("do", "")
        try:
            if do == "create":
                plan = _create(request, console)
                messages.success(request, f"{plan.name} is named. Publish its terms next.")
            elif do == "publish":
                version = _publish(request, console)
                messages.success(
                    request, f"{version} is published. Running retainers keep their terms."
                )
            return redirect("admin:clients_plans")
        except Refused as refusal:
            context |= {"typed": request.POST.dict(), "refusal": refusal, "failed": do}
    plans = list(plans_overview())
    shown = context["typed"] or _terms(plans, request.GET.get("plan", ""))
    calendars = [
        (str(calendar.pk), calendar.name) for calendar in all_calendars().prefetch_related(None)
    ]
    context |= {
        "title": "Plans",
        "plans": plans,
        "shown": shown,
        "calendars": calendars,
        "targets": [
            (
                priority,
                [(clock, shown.get(f"{priority}_{clock}", "")) for clock in _CLOCKS],
                shown.get(f"{priority}_calendar", ""),
            )
            for priority in PRIORITIES
        ],
        **history_page(request, plan_history()),
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/plans.html", context, status=status)


def _terms(plans: list[Plan], chosen: str) -> dict[str, str]:
    """Give the form of a plan filled with its latest terms; the usual ones without any."""
    plan = next((plan for plan in plans if str(plan.pk) == chosen), None)
    version = next(iter(plan.versions.all()), None) if plan else None
    shown = {"plan": chosen, "slots": "1", "tokens": "4", "most_tokens": "8"}
    for priority, minutes in _USUAL.items():
        shown |= {f"{priority}_{clock}": str(m) for clock, m in zip(_CLOCKS, minutes, strict=True)}
    if version is None:
        return shown
    shown |= {
        "amount": f"{version.price.amount:f}",
        "currency": version.price.currency,
        "slots": str(version.slots),
        "tokens": f"{version.tokens_per_slot.normalize():f}",
        "most_tokens": f"{version.most_tokens_per_slot.normalize():f}",
    }
    for target in version.targets.all():
        terms = target.terms
        shown |= {
            f"{target.priority}_response": str(terms.first_response_minutes),
            f"{target.priority}_reply": str(terms.next_reply_minutes),
            f"{target.priority}_resolution": str(terms.resolution_minutes),
            f"{target.priority}_calendar": str(terms.calendar_id),
        }
    return shown


def _create(request: HttpRequest, console: Console) -> Plan:
    return actions.create_plan(
        name=request.POST.get("name", ""),
        summary=request.POST.get("summary", ""),
        actor=console.user,
        now=console.now,
    )


def _publish(request: HttpRequest, console: Console) -> PlanVersion:
    data = request.POST
    plan = Plan.objects.filter(pk=whole(data, "plan")).first()
    if plan is None:
        raise InvalidInput("Choose a plan.", field="plan")
    targets = {
        priority: Target(*(whole(data, f"{priority}_{part}") for part in (*_CLOCKS, "calendar")))
        for priority in PRIORITIES
    }
    return actions.publish_plan_version(
        plan_id=plan.pk,
        price=_price(data.get("amount", ""), data.get("currency", "")),
        targets=targets,
        slots=whole(data, "slots"),
        tokens_per_slot=_tokens(data.get("tokens", ""), "tokens_per_slot"),
        most_tokens_per_slot=_tokens(data.get("most_tokens", ""), "most_tokens_per_slot"),
        actor=console.user,
        now=console.now,
    )


def _tokens(typed: str, field: str) -> Decimal:
    try:
        return Decimal(typed.strip().replace(",", "."))
    except InvalidOperation:
        raise InvalidInput("Give a number of promises, such as 4.", field=field) from None


def _price(amount: str, currency: str) -> Money:
    try:
        price = Money(Decimal(amount.strip()), currency.strip().upper())
    except (InvalidOperation, ValueError):
        raise InvalidInput(
            "Give an amount such as 490.00 and a currency such as EUR.", field="price"
        ) from None
    if price.amount >= 10**9:
        raise InvalidInput("This price is too high.", field="price")
    return price
