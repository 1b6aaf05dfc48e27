"""Lists, pages of them, and objects in the place of their ids."""

import copy
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from billing.sandbox.faults import ApiFault
from billing.sandbox.store import Json

if TYPE_CHECKING:
    from billing.sandbox.world import World

_DEPTH = 4
_INSIDE = 10

# Fields that are there only for whoever asks, by (kind, field).
INCLUDABLE: dict[tuple[str, str], Callable[["World", Json], Any]] = {}


def page(found: list[Json], params: Json, url: str) -> Json:
    """Give a page of the objects, newest first (docs: Pagination)."""
    newest = [thing for thing in reversed(found) if _was_created(thing, params.get("created"))]
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise ApiFault("Limit must be between 1 and 100.", param="limit")
    if "starting_after" in params:
        rest = newest[_place(newest, params, "starting_after") + 1 :]
        data = rest[:limit]
    elif "ending_before" in params:
        rest = newest[: _place(newest, params, "ending_before")]
        data = rest[-limit:]
    else:
        rest = newest
        data = rest[:limit]
    return {"object": "list", "url": url, "has_more": len(rest) > len(data), "data": data}


def _place(things: list[Json], params: Json, name: str) -> int:
    for index, thing in enumerate(things):
        if thing["id"] == params[name]:
            return index
    raise ApiFault(f"No such object: '{params[name]}'", code="resource_missing", param=name)


def _was_created(thing: Json, wanted: Any) -> bool:
    at: Any = thing.get("created", thing.get("date", 0))
    if wanted is None or isinstance(wanted, int):
        return wanted in (None, at)
    tests = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
    return all(tests[name](at, limit) for name, limit in wanted.items())


def presented(thing: Json, world: "World", expand: list[str]) -> Json:
    """Give the answer for an object: a copy, short lists inside, and what was to be expanded."""
    answer = copy.deepcopy(thing)
    for each in answer["data"] if answer.get("object") == "list" else [answer]:
        _shorten(each)
    for path in expand:
        way = path.split(".")
        if len(way) > _DEPTH:
            raise ApiFault(f"You cannot expand more than {_DEPTH} levels.", param="expand")
        _expand(answer, way, path, world)
    return answer


def _shorten(thing: Json) -> None:
    for value in thing.values():
        if isinstance(value, dict) and value.get("object") == "list":
            value["has_more"] = len(value["data"]) > _INSIDE
            value["data"] = value["data"][:_INSIDE]


def _expand(place: Any, way: list[str], path: str, world: "World") -> None:
    if isinstance(place, list):
        for each in place:
            _expand(each, way, path, world)
        return
    name, *rest = way
    extra = INCLUDABLE.get((place.get("object", ""), name))
    if extra is not None:
        place[name] = extra(world, place)
    elif name not in place:
        raise ApiFault(f"This property cannot be expanded ({path}).", param="expand[0]")
    elif isinstance(place[name], str):
        found = world.store.by_id(place[name])
        if found is None:
            raise ApiFault(f"This property cannot be expanded ({path}).", param="expand[0]")
        place[name] = copy.deepcopy(found)
        _shorten(place[name])
    if rest and place[name] is not None:
        _expand(place[name], rest, path, world)
