from clients.models import Retainer
from clients.rules.retainers import SERVED
from core.money import Money


def monthly_revenue() -> list[tuple[Money, int]]:
    """Give what the served retainers bring in a month, and how many they are, for each currency.

    Amounts of different currencies are never summed. Currencies in alphabetical order.
    """
    totals: dict[str, tuple[Money, int]] = {}
    served = Retainer.objects.filter(state__in=SERVED).select_related("plan_version")
    for retainer in served:
        price = retainer.plan_version.price
        total, count = totals.get(price.currency, (Money(0, price.currency), 0))
        totals[price.currency] = (total + price, count + 1)
    return [totals[currency] for currency in sorted(totals)]
