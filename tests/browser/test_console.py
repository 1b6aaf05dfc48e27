"""The console in a real browser: triage by keyboard, the two modes of writing, and what every page
owes: it fits, axe finds nothing, and the Content-Security-Policy refuses nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clients.models import Calendar, Client, Project, User
from tests.browser.portal import DESK, PHONE, check_page, make_scene, sign_in
from tests.factories import make_shift, make_ticket, make_triaged_report
from tickets.actions import note_on_ticket, save_macro
from tickets.models import Comment, Report, Ticket
from tickets.rules.states import ReportState

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def reports(project: Project, alice: User, now: datetime) -> list[Report]:
    """Four reports that wait for triage, in the order of the inbox."""
    texts = [
        "URGENT: the whole site is down, every page shows 502 Bad Gateway. Nobody can pay!",
        "My customer paid 49 € and got no credits. The card was charged twice.",
        "The export button does nothing when I click it.",
        "The logo is a bit blurred on phones.",
    ]
    made = [
        make_triaged_report(project, by=alice, text=text, now=now + timedelta(seconds=place))
        for place, text in enumerate(texts)
    ]
    return sorted(made, key=lambda report: (report.triage.severity, report.received_at))


def test_reports_are_judged_without_a_mouse(
    page: Page, reports: list[Report], ops_admin: User
) -> None:
    first, second, third, fourth = reports
    sign_in(page, ops_admin)
    page.goto("/console/triage/")
    page.keyboard.press("j")
    expect(page).to_have_url(f"/console/triage/{first.pk}/")

    page.keyboard.press("2")
    page.keyboard.press("a")
    expect(page.get_by_text(f"#{first.pk} is in the queue")).to_be_visible()
    expect(page).to_have_url(f"/console/triage/{second.pk}/")
    assert Ticket.objects.get(number=first.pk).severity == "S2"

    page.keyboard.press("d")
    page.keyboard.type(str(first.pk))
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"#{second.pk} joined #{first.pk}")).to_be_visible()

    page.keyboard.press("q")
    page.keyboard.type("Which browser? And 1 more thing: jkadx")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(f"Asked about #{third.pk}")).to_be_visible()
    third.refresh_from_db()
    assert third.comments.get().body == "Which browser? And 1 more thing: jkadx"

    page.keyboard.press("x")
    page.keyboard.press("Tab")
    page.keyboard.type("It is meant to be like this.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(f"#{fourth.pk} is declined.")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text(f"#{fourth.pk} is back in triage")).to_be_visible()
    fourth.refresh_from_db()
    assert fourth.state == ReportState.PROPOSED


@pytest.mark.slow
def test_the_keys_are_explained_and_sleep_while_somebody_types(
    page: Page, reports: list[Report], ops_admin: User
) -> None:
    sign_in(page, ops_admin)
    page.goto(f"/console/triage/{reports[0].pk}/")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys in triage")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")

    page.get_by_label("Title").fill("")
    page.get_by_label("Title").press_sequentially("aadxj1")
    expect(page.get_by_label("Title")).to_have_value("aadxj1")
    assert not Ticket.objects.exists()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page).to_have_url(f"/console/triage/{reports[1].pk}/")


@pytest.mark.slow
def test_a_note_cannot_be_taken_for_a_reply(
    page: Page, project: Project, alice: User, engineer: User, now: datetime
) -> None:
    ticket = make_ticket(project=project, by=alice, engineer=engineer, now=now)
    body = "Thank you for #{number}, {reporter}."
    save_macro(name="Thanks", body=body, actor=engineer, now=timezone.now())
    sign_in(page, engineer)
    page.goto(f"/console/tickets/{ticket.number}/")
    expect(page.get_by_role("button", name="Save the note")).to_be_visible()
    expect(page.get_by_role("button", name="Send to 1 reporter")).to_be_hidden()

    page.get_by_text("Public reply").click()
    expect(page.get_by_role("button", name="Save the note")).to_be_hidden()
    page.get_by_label("Saved reply").last.select_option(label="Thanks")
    expect(page.get_by_label("Text")).to_have_value(f"Thank you for #{ticket.number}, Alice Adams.")
    page.get_by_role("button", name="Send to 1 reporter").click()
    expect(page.get_by_text("Your reply is on its way")).to_be_visible()
    assert Comment.objects.get().visibility == "public"

    page.get_by_label("Text").fill("Only for us.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Noted. Only staff see it.")).to_be_visible()
    assert Comment.objects.latest("pk").visibility == "internal"


@pytest.mark.slow
def test_the_clock_runs_and_another_viewer_is_seen(
    page: Page, project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    ticket = make_ticket(project=project, engineer=engineer, now=now)
    ticket.presences.create(user=engineer2, seen_at=now + timedelta(seconds=30))
    sign_in(page, engineer)
    page.goto(f"/console/tickets/{ticket.number}/")
    expect(page.get_by_text("Emil Ernst looks at this too")).to_be_visible()

    page.keyboard.press("c")
    expect(page.locator("[data-since]")).to_have_text("0:00:01", timeout=5000)
    page.keyboard.press("c")
    expect(page.get_by_text(f"Logged 1 min on #{ticket.number}")).to_be_visible()


@pytest.mark.slow
def test_the_menu_of_the_phone_opens_by_a_button(page: Page, ops_admin: User) -> None:
    sign_in(page, ops_admin)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/console/")
    expect(page.get_by_role("link", name="Queue", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Open the menu").click()
    page.get_by_role("link", name="Queue", exact=True).click()

    expect(page.get_by_role("heading", name="Queue", level=1)).to_be_visible()


@pytest.mark.slow
def test_every_page_owes_staff_the_same(
    page: Page, acme: Client, project: Project, alice: User, bob: User,
    engineer: User, ops_admin: User, now: datetime, reports: list[Report],
    screenshot: Callable[..., None],
) -> None:  # fmt: skip
    scene = make_scene(acme, project, alice, bob, engineer, now)
    make_shift(engineer=engineer, now=now)
    house = Calendar.objects.get(is_house=True)
    save_macro(name="Thanks", body="Thank you, {reporter}.", actor=engineer, now=timezone.now())
    note_on_ticket(ticket_id=scene.worked.pk, body="The *worker*.", actor=engineer, now=now)
    Project.objects.filter(pk=project.pk).update(
        repository_url="https://git.acme.example/shop",
        hosting="Fly.io, Frankfurt",
        deploy_steps="1. Merge to main\n2. fly deploy --app acme-shop\n3. Watch /healthz",
        rollback_steps="fly releases rollback --app acme-shop",
        vault_url="https://vault.acme.example/42",
    )
    sign_in(page, ops_admin)
    for path in (
        "/console/",
        "/console/queue/",
        "/console/triage/",
        f"/console/triage/{reports[0].pk}/",
        f"/console/tickets/{scene.worked.number}/",
        f"/console/tickets/{scene.shipped.number}/",
        "/console/report/",
        "/console/clients/",
        f"/console/clients/{acme.pk}/",
        f"/console/projects/{project.pk}/",
        "/console/plans/",
        "/console/calendars/",
        "/console/calendars/new/",
        f"/console/calendars/{house.pk}/",
        "/console/staff/",
        "/console/saved-replies/",
        "/console/on-call/",
        "/console/outbox/",
    ):
        check_page(page, path)
    for name in ("tickets/ticket", "tickets/report", "clients/retainer", "clients/user"):
        _check_list(page, f"/console/{name}/")

    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    for scheme, name, path in (
        ("light", "console-dashboard", "/console/"),
        ("light", "console-queue", "/console/queue/"),
        ("light", "console-triage", f"/console/triage/{reports[1].pk}/"),
        ("dark", "console-workbench", f"/console/tickets/{scene.worked.number}/"),
    ):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(path)
        screenshot(name)


def _check_list(page: Page, path: str) -> None:
    """Hold a list of the theme's to the same, but for slight faults of its scroll bars."""
    for size, scheme in ((PHONE, "light"), (DESK, "dark")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(path)
        found = [
            f"{violation['id']}: {node['html']}"
            for violation in Axe().run(page).response["violations"]
            for node in violation["nodes"]
            if violation["impact"] in {"serious", "critical"}
        ]
        assert not found, path + "\n" + "\n".join(found)


@pytest.mark.slow
def test_a_ticket_is_taken_and_answered_without_scripts(
    page: Page, browser: Browser, live_server: Any, project: Project, alice: User,
    engineer: User, now: datetime,
) -> None:  # fmt: skip
    ticket = make_ticket(project=project, by=alice, engineer=engineer, now=now)
    sign_in(page, engineer)
    bare = browser.new_context(
        base_url=live_server.url,
        java_script_enabled=False,
        storage_state=page.context.storage_state(),
    ).new_page()
    bare.goto("/console/queue/")
    bare.get_by_role("button", name="Take next").click()
    bare.locator("#body").fill("Seen without a script")
    bare.get_by_role("button", name="Save the note").click()
    expect(bare.get_by_text("Seen without a script")).to_be_visible()
    assert Comment.objects.get().ticket == ticket
    bare.context.close()
