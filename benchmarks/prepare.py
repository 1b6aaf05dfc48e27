"""What a figure needs in its database, and what is timed inside the product's process.

Run as ``python -m benchmarks.prepare WHAT FACTS`` with the product's environment; prints JSON.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
django.setup()

from benchmarks import (  # noqa: E402
    accounts,
    duplicate_sets,
    mail_turns,
    queue_trials,
    search_sets,
    ticket_sets,
)

KNOWN: dict[str, Callable[..., dict[str, Any]]] = {
    "accounts": accounts.accounts,
    "sessions": accounts.sessions,
    "browser_key": accounts.browser_key,
    "widget_size": accounts.widget_size,
    "mails": mail_turns.mails,
    "tickets": ticket_sets.tickets,
    "crowd": ticket_sets.crowd,
    "searchable": search_sets.searchable,
    "promises": ticket_sets.promises,
    "counted": ticket_sets.counted,
    "stored": ticket_sets.stored,
    "duplicates": duplicate_sets.duplicates,
    "index": duplicate_sets.index,
    "meanings": duplicate_sets.meanings,
    "ranks": duplicate_sets.ranks,
    "suggest": duplicate_sets.suggest,
    "takes": queue_trials.takes,
    "page_queries": queue_trials.page_queries,
    "feasibility": queue_trials.feasibility,
}

if __name__ == "__main__":
    print(json.dumps(KNOWN[sys.argv[1]](**json.loads(sys.argv[2]))))
