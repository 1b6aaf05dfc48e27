"""``make bench``: measure, print, keep. ``make bench ONLY=key`` measures one figure."""

import argparse
from collections.abc import Callable
from importlib import import_module

from benchmarks.results import Figure, save, table

# figure: the module whose measure() gives it
FIGURES = {
    "report_accept": "intake",
    "queue_page_growth": "pages",
    "portal_list_growth": "pages",
    "triage_kind": "triage",
    "triage_severity": "triage",
    "triage_severity_within_one": "triage",
    "search_growth": "search",
    "memory_mb": "memory",
    "quiet_within_target": "simulation",
    "quiet_promised": "simulation",
    "promises_broken": "simulation",
    "calendar_speedup": "calendars",
    "promise_ms": "promises",
    "take_next_growth": "order",
    "queue_page_clients_growth": "order",
    "duplicate_recall_5": "duplicates",
    "duplicate_recall_1": "duplicates",
    "semantic_recall_5": "meanings",
    "semantic_recall_1": "meanings",
    "submission_accept": "submissions",
    "mails_per_second": "mails",
    "suggest_ms": "suggestions",
    "suggest_growth": "suggestions",
    "widget_kb": "widget",
    "widget_start_ms": "widget",
}


def main() -> None:
    """Measure what was asked for, and keep it."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("only", nargs="*", choices=[[], *FIGURES], help="default: all")
    wanted = parser.parse_args().only or list(FIGURES)
    for module in dict.fromkeys(FIGURES[key] for key in wanted):
        print(f"measuring {module} …", flush=True)
        measure: Callable[[], dict[str, Figure]] = import_module(f"benchmarks.{module}").measure
        figures = measure()
        if figures:
            save(figures)
            print(table(figures), flush=True)


if __name__ == "__main__":
    main()
