"""Changes within a period: what the old price gives back and what the new one takes."""

import copy
from fractions import Fraction

from billing.sandbox.books import lines
from billing.sandbox.books.periods import current
from billing.sandbox.books.plans import plan_of
from billing.sandbox.faults import ApiFault
from billing.sandbox.store import Json
from billing.sandbox.world import World, merged_metadata


def changed_items(world: World, subscription: Json, wanted: list[Json], *, path: str) -> list[Json]:
    """Give the items as they would be. Refuses ids of other subscriptions and other intervals."""
    items: list[Json] = copy.deepcopy(subscription["items"]["data"])
    for index, change in enumerate(wanted):
        if "id" not in change:
            raise ApiFault(
                "The sandbox changes the items that are there; give their id.",
                code="sandbox_does_less",
                param=f"{path}[{index}][id]",
            )
        item = next((each for each in items if each["id"] == change["id"]), None)
        if item is None:
            raise ApiFault(
                f"The subscription item '{change['id']}' is not part of the subscription.",
                param=f"{path}[{index}][id]",
            )
        if "price" in change:
            _reprice(world, subscription, item, change["price"], f"{path}[{index}][price]")
        if "quantity" in change:
            item["quantity"] = change["quantity"]
        if "metadata" in change:
            item["metadata"] = merged_metadata(item["metadata"], change["metadata"])
    return items


def _reprice(world: World, subscription: Json, item: Json, key: str, path: str) -> None:
    price = world.store.get("price", key, param=path)
    if price["recurring"] is None or price["currency"] != subscription["currency"]:
        raise ApiFault(
            "The price specified is not recurring in the subscription's currency.", param=path
        )
    kept, wanted = item["price"]["recurring"], price["recurring"]
    if (kept["interval"], kept["interval_count"]) != (wanted["interval"], wanted["interval_count"]):
        raise ApiFault(
            "The sandbox does not change intervals.", code="sandbox_does_less", param=path
        )
    item["price"], item["plan"] = price, plan_of(price)


def proration_lines(subscription: Json, items: list[Json], *, at: int) -> list[Json]:
    """Give a credit and a debit for each item that changes, by the second (docs: Prorations)."""
    start, end = current(subscription)
    if not start <= at <= end:
        raise ApiFault(
            "The proration date must be within the current period.", param="proration_date"
        )
    if subscription["status"] == "trialing":
        return []
    part = Fraction(end - at, end - start)
    found: list[Json] = []
    for old, new in zip(subscription["items"]["data"], items, strict=True):
        if (old["price"]["id"], old["quantity"]) == (new["price"]["id"], new["quantity"]):
            continue
        for item, sign in ((old, -1), (new, 1)):
            found.append(
                lines.proration(
                    subscription,
                    item,
                    price=item["price"],
                    part=part,
                    sign=sign,
                    since=at,
                    until=end,
                )
            )
    return found


def unused_time(subscription: Json, *, at: int) -> list[Json]:
    """Give the credits for what is left of the present period."""
    start, end = current(subscription)
    part = Fraction(max(0, end - at), end - start)
    return [
        lines.proration(
            subscription, item, price=item["price"], part=part, sign=-1, since=at, until=end
        )
        for item in subscription["items"]["data"]
    ]
