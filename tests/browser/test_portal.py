"""The portal in a real browser: from sign-in to a verified fix."""

import base64
import re
from datetime import datetime

import pytest
from django.core import mail
from playwright.sync_api import FilePayload, Page, Route, expect

from clients.models import Client, Member, Project, User
from tests.browser.portal import PHONE, make_scene, screenshot_png, sign_in
from tests.factories import (
    make_fix_check,
    make_invitation,
    make_report,
    make_status_link,
    make_ticket,
)
from tickets.models import Comment, Report

pytestmark = pytest.mark.timeout(120)

PASTE = """bytes => {
  const raw = Uint8Array.from(atob(bytes), letter => letter.charCodeAt(0))
  const carrier = new DataTransfer()
  carrier.items.add(new File([raw], 'image.png', { type: 'image/png' }))
  const paste = new ClipboardEvent('paste', { clipboardData: carrier, bubbles: true })
  document.querySelector('textarea').dispatchEvent(paste)
}"""


def paste_picture(page: Page) -> None:
    """Paste a picture as a person does after taking a screenshot, once the page has loaded."""
    page.wait_for_load_state()
    page.evaluate(PASTE, base64.b64encode(screenshot_png()).decode())


def enter_code(page: Page, email: str) -> None:
    """Ask for a code on the sign-in page and type the one that was mailed."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Mail me a code").click()
    field = page.get_by_label("Code")
    expect(field).to_have_attribute("autocomplete", "one-time-code")
    code = re.search(r"\d{4}-\d{4}", str(mail.outbox[-1].body))
    assert code
    field.fill(code.group())
    page.get_by_role("button", name="Continue").click()


def test_a_client_signs_in_with_a_mailed_code(page: Page, alice: User) -> None:
    page.goto("/portal/")
    enter_code(page, "alice@acme.test")
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    page.get_by_text("Your account").locator("..").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You launched it.")).to_be_visible()


def test_a_report_with_pasted_screenshots_takes_a_minute_on_a_phone(
    page: Page, alice: User, project: Project
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    sign_in(page, alice)
    page.goto("/portal/")
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_label("What happened?").fill("My customer paid and got no credits.")
    paste_picture(page)
    paste_picture(page)
    chosen = page.get_by_role("list", name="Chosen files")
    expect(chosen.get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_text("Added screenshot-2.png.")).to_be_attached()
    page.get_by_role("button", name="Remove screenshot-1.png").press("Enter")
    expect(chosen.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("button", name="Remove screenshot-2.png")).to_be_focused()
    page.get_by_text("Something important is broken").click()
    page.get_by_role("button", name="Send the report").click()

    expect(page.get_by_role("heading", name=re.compile("is with us"))).to_be_visible()
    expect(page.get_by_text("We answer by")).to_be_visible()
    report = Report.objects.get()
    assert report.claimed_severity == "S2"
    assert "window 390x844" in report.device
    assert [file.name for file in report.attachments.all()] == ["screenshot-2.png"]
    picture = page.get_by_role("img", name="screenshot-2.png")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") == 960


def test_a_file_chosen_while_the_page_still_loads_stays_chosen(
    page: Page, alice: User, project: Project
) -> None:
    held: list[Route] = []
    page.route(re.compile(r"portal/files(\.\w+)?\.js"), lambda route: held.append(route))
    sign_in(page, alice)
    page.goto("/portal/report/", wait_until="commit")
    picture = FilePayload(name="cart.png", mimeType="image/png", buffer=screenshot_png())
    page.locator("input[type=file]").set_input_files([picture])
    with page.expect_event("load"):
        held[0].continue_()
    chosen = page.get_by_role("list", name="Chosen files")
    expect(chosen.get_by_role("listitem")).to_contain_text("cart.png")


@pytest.mark.slow
def test_a_draft_survives_the_end_of_the_session_and_goes_once_it_is_sent(
    page: Page, alice: User, project: Project
) -> None:
    sign_in(page, alice)
    page.goto("/portal/report/")
    page.get_by_label("What happened?").fill("A long story that nobody wants to type twice")
    page.get_by_label("Where does it happen?").fill("shop.acme.example/cart")
    page.get_by_text("It hurts, but there is a way around").click()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Send the report").click()

    enter_code(page, "alice@acme.test")
    expect(page).to_have_url(re.compile("/portal/report/$"))
    expect(page.get_by_label("What happened?")).to_have_value(
        "A long story that nobody wants to type twice"
    )
    expect(page.get_by_label("Where does it happen?")).to_have_value("shop.acme.example/cart")
    expect(page.get_by_label("It hurts, but there is a way around")).to_be_checked()
    expect(page.get_by_text("Your draft from")).to_be_visible()
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("heading", name=re.compile("is with us"))).to_be_visible()
    page.goto("/portal/report/")
    expect(page.get_by_label("What happened?")).to_have_value("")
    expect(page.get_by_text("Your draft from")).to_be_hidden()


@pytest.mark.slow
def test_a_draft_is_nobody_elses_and_signing_out_deletes_it(
    page: Page, alice: User, bob: User, project: Project
) -> None:
    sign_in(page, alice)
    page.goto("/portal/report/")
    page.get_by_label("What happened?").fill("Only for Alice")
    page.context.clear_cookies(name="sessionid")
    sign_in(page, bob)
    page.goto("/portal/report/")
    expect(page.get_by_label("What happened?")).to_have_value("")

    page.context.clear_cookies(name="sessionid")
    sign_in(page, alice)
    page.goto("/portal/settings/")
    page.get_by_role("button", name="Sign out").last.click()
    assert page.evaluate("Object.keys(localStorage)") == []


def test_searching_narrows_the_list_without_leaving_the_page(
    page: Page, alice: User, project: Project
) -> None:
    for text in ("The export is empty", "The logo is blurred"):
        make_report(project, text, by=alice)
    sign_in(page, alice)
    page.goto("/portal/tickets/")
    page.evaluate("window.stayed = true")
    page.get_by_role("searchbox").press_sequentially("export")
    expect(page.get_by_text("The logo is blurred")).to_be_hidden()
    expect(page.get_by_role("link", name="The export is empty")).to_be_visible()
    expect(page.get_by_text("1 ticket found")).to_be_attached()
    expect(page).to_have_url(re.compile("q=export"))
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert page.evaluate("window.stayed")
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_role("link", name="The export is empty")).to_be_visible()
    expect(page.get_by_text("The logo is blurred")).to_be_hidden()


@pytest.mark.slow
def test_older_tickets_are_added_below(page: Page, alice: User, project: Project) -> None:
    for number in range(28):
        make_report(project, f"Report {number}", by=alice)
    sign_in(page, alice)
    page.goto("/portal/tickets/")
    expect(page.locator("#rows a.list-row")).to_have_count(25)
    page.get_by_role("link", name="Show older ones").click()
    expect(page.locator("#rows a.list-row")).to_have_count(28)
    expect(page.get_by_role("link", name="Show older ones")).to_have_count(0)


@pytest.mark.slow
def test_a_conversation_ends_in_a_verified_fix(
    page: Page,
    acme: Client,
    project: Project,
    alice: User,
    bob: User,
    engineer: User,
    now: datetime,
) -> None:
    scene = make_scene(acme, project, alice, bob, engineer, now)
    sign_in(page, alice)
    page.goto(f"/portal/tickets/{scene.worked.number}/")
    page.get_by_label("Your reply").fill("It happened **again** today")
    page.reload()
    expect(page.get_by_label("Your reply")).to_have_value("It happened **again** today")
    paste_picture(page)
    page.get_by_role("button", name="Send").click()
    said = page.get_by_role("article").last
    expect(said.locator("strong", has_text="again")).to_be_visible()
    expect(said.get_by_role("img", name="screenshot-1.png")).to_be_visible()
    assert Comment.objects.latest("pk").author_user == alice
    page.reload()
    expect(page.get_by_label("Your reply")).to_have_value("")

    page.goto(f"/portal/tickets/{scene.shipped.number}/")
    page.get_by_text("No, it is still broken").click()
    page.get_by_label("What still goes wrong?").fill("The date is right, the year is not")
    page.get_by_role("button", name="Still broken: send it back").click()
    expect(page.get_by_text("It is back in the queue")).to_be_visible()
    scene.shipped.refresh_from_db()
    assert scene.shipped.state == "queued"


def test_the_mailed_question_is_answered_without_an_account(
    page: Page, project: Project, engineer: User
) -> None:
    ticket = make_ticket(
        project=project, email="dan@example.com", state="shipped", engineer=engineer
    )
    _, token = make_fix_check(ticket=ticket)
    page.goto(f"/v/{token}/")
    page.get_by_role("button", name="Yes, it works").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    ticket.refresh_from_db()
    assert ticket.state == "verified"


def test_a_mailed_question_is_answered_on_a_phone_without_an_account(
    page: Page, project: Project, engineer: User
) -> None:
    link, token = make_status_link(project, engineer=engineer)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(f"/r/{token}/")
    expect(page.get_by_text("Which browser do you use?")).to_be_visible()
    page.get_by_label("Your answer").fill("Firefox")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Firefox")
    page.goto(f"/portal/reports/{link.report_id}/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.slow
def test_an_invitation_ends_in_the_portal(page: Page, acme: Client, project: Project) -> None:
    _, token = make_invitation(client=acme, email="carol@acme.example")
    page.goto(f"/invite/{token}/")
    page.get_by_label("Your name").fill("Carol Cole")
    page.get_by_role("button", name="Join Acme").click()
    expect(page.get_by_text("Welcome to Acme.")).to_be_visible()
    expect(page.get_by_role("heading", name="How this works")).to_be_visible()
    page.get_by_role("button", name="Dismiss this message").click()
    expect(page.get_by_text("Welcome to Acme.")).to_be_hidden()
    assert Member.objects.get(user__email="carol@acme.example").client == acme


@pytest.mark.slow
def test_the_chosen_theme_stays(page: Page, alice: User) -> None:
    page.emulate_media(color_scheme="light")
    sign_in(page, alice)
    page.goto("/portal/settings/")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Use the dark theme").click()
    assert page.evaluate(paper) != light
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.goto("/portal/")
    assert page.evaluate(paper) != light
    page.goto("/portal/settings/")
    page.get_by_role("button", name="System").click()
    assert page.evaluate(paper) == light


def test_the_keyboard_reaches_content_and_menus(page: Page, alice: User) -> None:
    sign_in(page, alice)
    page.goto("/portal/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    menu = page.locator("summary", has_text="Your account")
    menu.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu).to_be_focused()


@pytest.mark.slow
def test_changing_the_team_asks_first(page: Page, alice: User, bob: User, acme: Client) -> None:
    sign_in(page, alice)
    page.goto("/portal/team/")
    page.get_by_text("Change Bob Brown").click()
    page.get_by_label("Role").locator("visible=true").first.select_option("viewer")
    page.get_by_role("button", name="Save the role").locator("visible=true").click()
    expect(page.get_by_text("Bob Brown is now viewer.")).to_be_visible()
    page.get_by_text("Change Bob Brown").click()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Remove from the team").click()
    assert Member.objects.filter(user=bob).exists()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove from the team").click()
    expect(page.get_by_text("Bob Brown is no longer in Acme.")).to_be_visible()


@pytest.mark.slow
def test_a_known_ticket_shows_while_typing_and_takes_who_adds_themselves(
    page: Page, alice: User, bob: User, project: Project, engineer: User
) -> None:
    told = "Orders paid with PayPal get no credits"
    known = make_ticket(make_report(project, told, by=alice), engineer=engineer, title=told)
    sign_in(page, bob)
    page.goto("/portal/report/")
    page.get_by_label("What happened?").press_sequentially("Orders paid with PayPal got no credits")
    expect(page.get_by_role("heading", name="Does one of these match?")).to_be_visible()
    # Enter in a field sends the report; it never joins.
    page.get_by_label("Where does it happen?").fill("shop.acme.example/pay")
    page.get_by_label("Where does it happen?").press("Enter")
    expect(page.get_by_role("heading", name=re.compile("is with us"))).to_be_visible()
    assert Report.objects.latest("pk").ticket is None

    page.goto("/portal/report/")
    page.get_by_label("What happened?").press_sequentially(
        "Orders paid with PayPal give no credits"
    )
    page.get_by_role("button", name=f"add me to #{known.number}").click()
    expect(page.get_by_text(f"You are added to #{known.number}")).to_be_visible()
    assert Report.objects.latest("pk").ticket == known
    page.goto("/portal/report/")
    expect(page.get_by_label("What happened?")).to_have_value("")
