"""The example for JavaScript in docs/api.md, run as it stands there."""

from typing import Any

import pytest
from playwright.sync_api import Error, Page

from tests.factories import make_api_key, make_project
from tests.shipops.test_api_examples import example
from tickets.models import Report


@pytest.mark.slow
def test_the_javascript_example_files_a_report_and_tells_a_refusal(
    live_server: Any, page: Page, problems: list[str]
) -> None:
    _, token = make_api_key(project=make_project())
    page.goto(f"{live_server.url}/healthz")
    call = "return report('No credits.', facts, to)"
    run = f"async ([to, facts]) => {{ {example('javascript')} {call} }}"
    to = {"url": live_server.url, "key": token}
    number = page.evaluate(run, [to, {"severity": "S2"}])
    assert Report.objects.get().number == number
    with pytest.raises(Error, match="S9"):
        page.evaluate(run, [to, {"severity": "S9"}])
    problems.clear()
