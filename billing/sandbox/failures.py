"""Failures on demand: the next calls that match go wrong in a chosen way."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Failure(StrEnum):
    """How a call goes wrong."""

    DROP_BEFORE = "drop_before"  # the connection is closed, and nothing was done
    DROP_AFTER = "drop_after"  # it was done, and the connection is closed without an answer
    RATE_LIMIT = "rate_limit"  # 429, and nothing was done
    SERVER_ERROR = "server_error"  # 500, and nothing was done
    SERVER_ERROR_AFTER = "server_error_after"  # it was done, and 500 is all the key ever gives
    DELAY = "delay"  # the answer comes after ``seconds``


@dataclass
class Rule:
    """One order to fail: the calls it is for, how many more of them, and how."""

    failure: Failure
    method: str = ""
    path: str = ""
    times: int = 1
    seconds: float = 0.0

    def is_for(self, method: str, path: str) -> bool:
        """Tell whether a call is to fail by this rule; ``path`` is a pattern for its beginning."""
        return self.times > 0 and self.method in ("", method) and bool(re.match(self.path, path))


class Failures:
    """The orders that stand, oldest first."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        """Let calls fail from now on."""
        self.rules.append(rule)

    def clear(self) -> None:
        """Let nothing fail any more."""
        self.rules.clear()

    def next_for(self, method: str, path: str) -> Rule | None:
        """Take one failure for a call, if there is an order for it."""
        for rule in self.rules:
            if rule.is_for(method, path):
                rule.times -= 1
                return rule
        return None
