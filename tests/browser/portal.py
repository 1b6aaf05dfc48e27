"""A small world for browser tests of the portal, and how to look at it."""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from clients.models import Client, Project, User
from tests.factories import (
    make_attachment,
    make_invitation,
    make_project,
    make_release,
    make_report,
    make_ticket,
)
from tests.portal import signed_in
from tickets.actions import reply_to_ticket, wait_for_client
from tickets.models import Report, Ticket

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}


@dataclass(frozen=True)
class Scene:
    """What Acme's people see: one ticket of each sort that matters."""

    worked: Ticket
    shipped: Ticket
    asked: Ticket
    fresh: Report


def make_scene(
    acme: Client, shop: Project, alice: User, bob: User, engineer: User, now: datetime
) -> Scene:
    """Fill Acme's account with work in every stage."""
    hours = [now - timedelta(hours=hour) for hour in range(80)]
    crm = make_project(acme, "Acme Customer Care", now=hours[79])
    picture = make_attachment(actor=alice, name="checkout.png", data=screenshot_png(), now=hours[5])
    worked = make_ticket(
        make_report(
            shop,
            "My customer paid 49 € and got no credits. It happened twice since yesterday, both "
            "times with PayPal.\n\nThe order number is A-1021.",
            by=alice,
            page_url="https://shop.acme.example/checkout?step=3",
            claimed_severity="S2",
            attachment_ids=[picture.pk],
            now=hours[5],
        ),
        state="in_progress",
        engineer=engineer,
        kind="payment",
        severity="S2",
        title="Orders paid with PayPal get no credits",
        now=hours[4],
    )
    reply_to_ticket(
        ticket_id=worked.pk,
        body="Found it: PayPal's *capture* event arrives before the order is stored.\n\n"
        "- the fix is in review\n- both customers get their credits **today**",
        actor=engineer,
        now=hours[2],
    )
    reply_to_ticket(
        ticket_id=worked.pk, body="Thank you! May I tell them?", actor=alice, now=hours[1]
    )
    shipped = make_ticket(
        project=shop,
        by=alice,
        state="shipped",
        engineer=engineer,
        title="Invoices show yesterday's date",
        now=hours[26],
    )
    asked = make_ticket(
        project=crm,
        by=bob,
        engineer=engineer,
        title="Search finds nothing for words with umlauts such as Größe",
        now=hours[20],
    )
    wait_for_client(
        ticket_id=asked.pk,
        question="Which search box: the one in the header, or the one in the list?",
        actor=engineer,
        now=hours[6],
    )
    make_ticket(
        project=shop,
        by=bob,
        engineer=engineer,
        severity="S4",
        kind="polish",
        title="The logo is blurred on phones",
        now=hours[70],
    )
    fresh = make_report(
        shop,
        "Since this morning's deploy the dashboard needs ten seconds to open",
        by=bob,
        now=now - timedelta(minutes=12),
    )
    for version, hour in (("v2.14.1", 26), ("v2.14.0", 75)):
        make_release(project=shop, version=version, deployed_at=hours[hour], now=hours[hour])
    make_invitation(client=acme, email="carol@acme.example", actor=alice, now=hours[3])
    return Scene(worked, shipped, asked, fresh)


def screenshot_png() -> bytes:
    """Draw what a customer's screenshot might look like."""
    picture = Image.new("RGB", (960, 540), "#eef2f7")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 960, 70), fill="#24527a")
    for top, width in ((120, 520), (190, 700), (260, 610)):
        draw.rounded_rectangle((80, top, 80 + width, top + 36), 8, fill="#cfd9e4")
    draw.rounded_rectangle((80, 360, 340, 420), 10, fill="#c0392b")
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def sign_in(page: Page, user: User) -> None:
    """Carry a session of the person into the browser."""
    cookie = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    page.goto("/account/login/")
    origin = page.evaluate("location.origin")
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": origin}]
    )


def check_page(page: Page, path: str) -> None:
    """Hold a page to what every page owes: it fits, and axe finds nothing.

    Looks once as a phone in light and once as a desk in dark, which covers each of the four; there
    the scheme's colours are what may differ.
    """
    for size, scheme, only in ((PHONE, "light", []), (DESK, "dark", ["color-contrast"])):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(path)
        where = f"{path} at {size['width']} px, {scheme}"
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide == 0, f"{where}: {wide} px too wide"
        check_accessibility(page, where, only=only)


def check_accessibility(page: Page, where: str, *, only: list[str] | None = None) -> None:
    """Hold the page as it stands to axe, or to some of its rules: it finds nothing at all."""
    options = {"runOnly": only} if only else None
    found = [
        f"{violation['id']} ({violation['impact']}): {node['html']}"
        for violation in Axe().run(page, options=options).response["violations"]
        for node in violation["nodes"]
    ]
    assert not found, where + "\n" + "\n".join(found)
