"""The widget in a real browser, on a site of another origin that does all it may against it."""

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from clients.actions import publish_form
from clients.models import ApiKey, Project, User
from tests import factories
from tests.browser.portal import check_accessibility
from tests.browser.shop import Shop, open_shop
from tickets.actions import publish_title
from tickets.gateways.files import open_file
from tickets.models import Report

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]


@pytest.fixture
def shop(live_server: Any, settings: Any) -> Iterator[Shop]:
    settings.SITE_URL = live_server.url
    settings.WIDGET_PROOF_BITS = 8
    with open_shop(live_server.url) as opened:
        yield opened


@pytest.fixture
def key(project: Project, shop: Shop, now: datetime) -> ApiKey:
    return factories.make_browser_key(project=project, origins=shop.origin, now=now)


def _open(page: Page, shop: Shop, key: ApiKey, **data: str) -> None:
    shop.embed(str(key.public_token), **data)
    page.goto(f"{shop.origin}/?step=2&token=s3cretvalue")


def test_a_reporter_says_what_broke_where_it_broke(
    page: Page, shop: Shop, key: ApiKey, problems: list[str]
) -> None:
    _open(page, shop, key, release="2026.11.3")
    page.locator("#pay").click()
    page.get_by_role("button", name="Report a problem").click()
    page.get_by_label("What happened?").fill("I paid with 4111 1111 1111 1111 and got nothing.")
    page.get_by_label("Your e-mail address").fill("kim@example.com")
    page.get_by_text("What is sent along").click()
    expect(page.get_by_text("POST /api/pay/17 500")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you. Your report has the number")).to_be_visible()

    report = Report.objects.get()
    assert report.text == "I paid with *** and got nothing."
    assert report.page_url == f"{shop.origin}/?step=2&token=***"
    context = report.details.context
    words = str(context)
    for secret in ("hunter2", "4111", "abc123", "s3cret", "session=abc"):
        assert secret not in words, context
    assert [row["target"] for row in context["clicks"]] == ["button#pay"]
    requests = [(row["method"], row["path"], row["status"]) for row in context["requests"]]
    assert requests == [("POST", "/api/pay/17", "500"), ("GET", "/missing", "404")]
    levels = [row["level"] for row in context["console"]]
    assert levels == ["error", "unhandled"]
    assert ("release", "2026.11.3") in report.signals.values_list("kind", "value")

    with page.expect_popup() as popup:
        page.get_by_role("link", name="Follow it and answer").click()
    expect(popup.value.get_by_role("heading", name="I paid with *** and got")).to_be_visible()
    # What the shop itself did wrong; nothing of ours.
    assert all(("Payment failed" in p or shop.origin in p or "not handled" in p) for p in problems)
    problems.clear()


def _draw_on(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    box = page.locator("canvas.canvas").bounding_box()
    assert box
    spots = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (start, end)]
    page.mouse.move(*spots[0])
    page.mouse.down()
    page.mouse.move(*spots[1], steps=4)
    page.mouse.up()


def _stored(report: Report) -> Image.Image:
    with open_file(report.attachments.get().path) as stored:
        return Image.open(io.BytesIO(stored.read())).convert("RGB")


def _send(page: Page) -> None:
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you. Your report has the number")).to_be_visible()


# The browser's own question cannot be answered here: what it would give stands in its place.
FAKE_SCREEN = """
navigator.mediaDevices.getDisplayMedia = async () => {
  if (window.refuse) throw new DOMException("no", "NotAllowedError");
  const canvas = Object.assign(document.createElement("canvas"), { width: 800, height: 600 });
  const pen = canvas.getContext("2d");
  window.wasHidden = () => document.querySelector("shipops-widget").shadowRoot.firstChild.hidden;
  pen.fillStyle = "#00ff00";
  setInterval(() => { pen.fillRect(0, 0, 800, 600); window.seen ||= window.wasHidden(); }, 30);
  return canvas.captureStream();
};
"""


def test_what_is_blacked_out_never_leaves_the_page(
    page: Page, shop: Shop, key: ApiKey, problems: list[str]
) -> None:
    page.add_init_script(FAKE_SCREEN)
    _open(page, shop, key)
    page.get_by_role("button", name="Report a problem").click()
    page.get_by_label("What happened?").fill("My address shows.")

    page.evaluate("window.refuse = true")
    page.get_by_role("button", name="Take a screenshot").click()
    expect(page.get_by_text("No picture could be taken.")).to_be_hidden()
    page.evaluate("window.refuse = false")
    page.get_by_role("button", name="Take a screenshot").click()
    page.get_by_role("button", name="Draw on picture 1, or black out").click()
    assert page.evaluate("window.seen"), "the widget itself is not on the picture"
    _draw_on(page, (0.1, 0.1), (0.5, 0.5))
    page.get_by_role("button", name="Draw", exact=True).click()
    _draw_on(page, (0.6, 0.9), (0.9, 0.9))
    _draw_on(page, (0.6, 0.2), (0.9, 0.2))
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Done").click()
    _send(page)

    picture = _stored(Report.objects.get())
    assert picture.size == (800, 600)

    def near(spot: tuple[int, int], color: tuple[int, int, int]) -> bool:
        found = picture.getpixel(spot)
        assert isinstance(found, tuple)
        return all(abs(a - b) < 40 for a, b in zip(found, color, strict=True))

    assert near((100, 80), (0, 0, 0)) and near((380, 280), (0, 0, 0))
    assert near((700, 120), (0, 255, 0)), "what was undone is not there"
    assert not near((600, 540), (0, 255, 0)), "what was drawn is"


def test_all_of_it_works_by_keyboard(page: Page, shop: Shop, key: ApiKey) -> None:
    page.add_init_script(FAKE_SCREEN)
    _open(page, shop, key)
    keys = page.keyboard
    button = page.get_by_role("button", name="Report a problem")
    button.focus()
    keys.press("Enter")
    expect(page.get_by_label("What happened?")).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_focused()
    keys.press("Enter")
    keys.type("By keyboard alone.")
    keys.press("Tab")
    expect(page.get_by_label("Your e-mail address")).to_be_focused()
    keys.press("Tab")
    take = page.get_by_role("button", name="Take a screenshot")
    expect(take).to_be_focused()
    keys.press("Enter")
    edit = page.get_by_role("button", name="Draw on picture 1, or black out")
    edit.press("Enter")
    expect(page.get_by_role("application")).to_be_focused()
    # From the middle to the right and down.
    keys.press("Enter")
    for _ in range(5):
        keys.press("ArrowRight")
        keys.press("ArrowDown")
    keys.press("Enter")
    page.get_by_role("button", name="Done").press("Enter")
    summary = page.get_by_text("What is sent along")
    summary.press("Enter")
    page.get_by_label("Address of this page").first.press(" ")
    check_accessibility(page, "the widget")
    page.get_by_role("button", name="Send").press("Enter")
    expect(page.get_by_text("Thank you. Your report has the number")).to_be_focused()
    check_accessibility(page, "the widget's thanks")

    report = Report.objects.get()
    assert report.text == "By keyboard alone." and report.page_url == ""
    assert "browser" in report.details.context
    color = _stored(report).getpixel((450, 320))
    assert isinstance(color, tuple) and max(color) < 40, color


def test_what_finds_no_connection_is_sent_later_and_once(
    page: Page, shop: Shop, key: ApiKey, problems: list[str]
) -> None:
    page.add_init_script(FAKE_SCREEN)
    _open(page, shop, key)
    page.get_by_role("button", name="Report a problem").click()
    page.get_by_label("What happened?").fill("The train is in a tunnel.")
    page.get_by_role("button", name="Take a screenshot").click()
    page.get_by_role("button", name="Remove picture 1").wait_for()
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("There is no connection. Your report is kept here")).to_be_visible()
    assert not Report.objects.exists()

    page.context.set_offline(False)
    expect(page.get_by_role("status").get_by_text("Your report has the number")).to_be_visible()
    report = Report.objects.get()
    assert report.text == "The train is in a tunnel." and report.attachments.count() == 1
    page.reload()
    page.wait_for_timeout(3500)  # the widget looks for kept reports three seconds after its start
    assert Report.objects.count() == 1
    problems.clear()


def test_the_page_and_the_widget_leave_each_other_alone(
    page: Page, shop: Shop, key: ApiKey
) -> None:
    _open(page, shop, key)
    before = page.evaluate("JSON.stringify([...document.styleSheets].map((s) => s.href))")
    button = page.get_by_role("button", name="Report a problem")
    expect(button).to_be_visible()
    style = """element => { const s = getComputedStyle(element); return [s.fontSize, s.position,
      s.opacity, s.transform, s.color, s.borderTopStyle, s.float, s.pointerEvents] }"""
    assert button.evaluate(style) == [
        "16px", "fixed", "1", "none", "rgb(255, 255, 255)", "solid", "none", "auto",
    ]  # fmt: skip
    button.click()
    expect(page.get_by_label("What happened?")).to_be_visible()
    text = page.get_by_label("What happened?").evaluate(style)
    assert text[:4] == ["16px", "static", "1", "none"] and text[6:] == ["none", "auto"]
    assert page.evaluate("document.querySelector('#pay').matches(':hover, *')")
    assert page.evaluate("JSON.stringify([...document.styleSheets].map((s) => s.href))") == before
    box = page.get_by_role("dialog").bounding_box()
    assert box and box["x"] > 0 and box["width"] > 400


def test_a_german_page_asks_the_project_s_questions_in_german(
    page: Page, shop: Shop, key: ApiKey, project: Project, now: datetime
) -> None:
    source = """
- {name: order, type: text, label: {en: Order number, de: Bestellnummer}, required: yes}
- name: parts
  type: choices
  label: {en: "Which parts?", de: "Welche Teile?"}
  options: [{value: cart, label: {en: Cart, de: Warenkorb}}, {value: pay, label: {de: Zahlung}}]
- {name: often, type: number, label: {de: "Wie oft?"}, most: 10}
- {name: new, type: yes_no, label: {de: "Ist das neu?"}}
"""
    publish_form(project_id=project.pk, source=source, actor=None, now=now)
    shop.lang = "de-AT"
    _open(page, shop, key)
    page.get_by_role("button", name="Problem melden").click()
    page.get_by_label("Bestellnummer").wait_for()
    page.get_by_label("Was ist passiert?").fill("Die Zahlung hängt.")
    page.get_by_role("button", name="Senden").click()
    expect(page.get_by_label("Bestellnummer")).to_be_focused()
    page.get_by_label("Bestellnummer").fill("A-17")
    page.get_by_label("Warenkorb").check()
    page.get_by_label("Zahlung").check()
    page.get_by_label("Wie oft?").fill("3")
    page.get_by_label("Ist das neu?").select_option(label="Ja")
    page.get_by_role("button", name="Senden").click()
    expect(page.get_by_text("Danke. Ihre Meldung hat die Nummer")).to_be_visible()
    given = Report.objects.get().details.answers["given"]
    assert given == {"order": "A-17", "parts": ["cart", "pay"], "often": 3, "new": True}


def test_known_problems_show_while_one_types(
    page: Page, shop: Shop, project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    publish_title(ticket_id=ticket.pk, title="Payments with PayPal fail", actor=engineer, now=now)
    key = factories.make_browser_key(
        project=project, origins=shop.origin, shows_suggestions=True, now=now
    )
    _open(page, shop, key)
    page.get_by_role("button", name="Report a problem").click()
    page.get_by_label("What happened?").press_sequentially("My payment with PayPal fails")
    expect(page.get_by_text("Payments with PayPal fail")).to_be_visible()


def test_a_page_that_may_not_send_is_told_so(
    page: Page, shop: Shop, project: Project, now: datetime, problems: list[str]
) -> None:
    key = factories.make_browser_key(project=project, origins="https://other.example", now=now)
    _open(page, shop, key)
    page.get_by_role("button", name="Report a problem").click()
    page.get_by_label("What happened?").fill("Hello?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("this page may not send reports")).to_be_visible()
    expect(page.get_by_label("What happened?")).to_have_value("Hello?")
    assert not Report.objects.exists()
    assert problems and all("widget/config" in p or "403" in p for p in problems)
    problems.clear()
