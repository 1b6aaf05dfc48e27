"""What a route is."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from billing.sandbox.faults import ApiFault
from billing.sandbox.store import Json


@dataclass(frozen=True)
class Route:
    """One call of the API: the library's type of its parameters, and what answers it.

    ``uses`` names the parameters that the sandbox acts on. Another one that Stripe knows is refused
    as well, so that nobody believes it had an effect.
    """

    method: str
    path: str
    params: Any
    answer: Callable[..., Json]
    uses: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Give the expression that matches the path, its ids as groups."""
        return re.compile(re.sub(r"\{\w+\}", r"([A-Za-z0-9_]+)", self.path))

    def check(self, params: Json) -> None:
        """Refuse what the sandbox would leave undone. Raises ApiFault."""
        for name in params:
            if name != "expand" and name not in self.uses.split():
                raise ApiFault(
                    f"The sandbox does not know what to do with '{name}' here.",
                    code="sandbox_does_less",
                    param=name,
                )
