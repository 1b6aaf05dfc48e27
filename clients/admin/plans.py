"""Plans: their published versions, and the form that publishes new terms."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from clients import actions
from clients.actions.plans import PRIORITIES
from clients.admin.events import history_page
from clients.console import Console, console_page, show, whole
from clients.models import Plan, PlanVersion
from clients.queries import plan_history, plans_overview
from core.errors import InvalidInput, Refused
from core.money import Money

_USUAL = {"P1": (60, 480), "P2": (240, 1440), "P3": (480, 2400), "P4": (960, 4800)}


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
    context |= {
        "title": "Plans",
        "plans": plans,
        "targets": _targets(context["typed"]),
        **history_page(request, plan_history()),
    }
    status = context["refusal"].status if context["refusal"] else 200
    return show(request, console, "console/plans.html", context, status=status)


def _targets(typed: dict[str, str]) -> list[tuple[str, object, object]]:
    """Give, for each priority, the minutes to show in the form."""
    return [
        (
            priority,
            typed.get(f"{priority}_response", _USUAL[priority][0]),
            typed.get(f"{priority}_resolution", _USUAL[priority][1]),
        )
        for priority in PRIORITIES
    ]


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
        priority: (whole(data, f"{priority}_response"), whole(data, f"{priority}_resolution"))
        for priority in PRIORITIES
    }
    if any(max(pair) > 525_600 for pair in targets.values()):
        raise InvalidInput("A target is at most a year.", field="targets")
    return actions.publish_plan_version(
        plan_id=plan.pk,
        price=_price(data.get("amount", ""), data.get("currency", "")),
        targets=targets,
        actor=console.user,
        now=console.now,
    )


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
