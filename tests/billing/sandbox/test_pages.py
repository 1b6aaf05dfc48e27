"""People go through sign-up, payment and the customer portal on the sandbox's pages."""

import pytest

from billing.gateways.stripe import changes, checkout, credit_notes, customers, invoices, portal
from billing.gateways.stripe.objects import CheckoutSession, Subscription
from billing.sandbox.world import World
from core.money import Money
from tests.billing import till
from tests.billing.sandbox.browser import Visitor
from tests.billing.till import day


def _session(*, trial_days: int = 0, setup: bool = False) -> CheckoutSession:
    return checkout.create_session(
        customer_id=till.make_customer("Acme <b>& Sons</b>"),
        price_id=till.make_price(Money(490, "EUR")),
        success_url="http://localhost/done?session={CHECKOUT_SESSION_ID}",
        cancel_url="http://localhost/back",
        reference="client-1",
        metadata={"retainer": "1"},
        key="op:1",
        trial_days=trial_days,
        setup_price_id=till.make_price(Money(250, "EUR"), name="setup", interval=None)
        if setup
        else "",
    )


def test_a_client_signs_up_and_comes_back(world: World) -> None:
    session = _session(setup=True)
    page = Visitor(session.url)
    assert "1 × care month 490.00 EUR" in page.text
    assert "1 × setup once 250.00 EUR" in page.text
    assert "Due today: 740.00 EUR" in page.text
    assert "No money moves" in page.text

    page.press("Subscribe")

    assert page.went_to == f"http://localhost/done?session={session.id}"
    done = checkout.get_session(session.id)
    assert (done.status, done.payment_status) == ("complete", "paid")
    page.visit(session.url)
    assert "The checkout is complete" in page.text
    assert page.buttons == []


def test_a_card_that_declines_leaves_the_page_open(world: World) -> None:
    page = Visitor(_session().url)

    page.press("Subscribe", declines="insufficient_funds")
    assert "Your card was declined" in page.text
    assert world.store.all("subscription") == []

    page.press("Subscribe")
    assert page.status == 303


def test_a_trial_says_until_when(world: World) -> None:
    page = Visitor(_session(trial_days=14).url)

    assert "Free until 26 Jan 2026" in page.text
    assert "Due today: 0.00 EUR" in page.text


def _visit(subscription: Subscription, **flow: str) -> Visitor:
    return Visitor(
        portal.open_portal(
            customer_id=subscription.customer_id,
            return_url="http://localhost/billing",
            **flow,  # type: ignore[arg-type]
        )
    )


def test_a_client_leaves_with_the_period_and_stays_after_all(world: World) -> None:
    subscription = till.sign_up(world)
    page = _visit(subscription)

    page.press("Cancel")

    ending = till.latest(subscription)
    assert "It ends on 12 Feb 2026" in page.text
    assert ending.cancel_at == day("2026-02-12 10:00")
    assert not ending.cancel_at_period_end
    page.press("Keep it after all")
    assert till.latest(subscription).cancel_at is None
    page.press("Cancel")
    till.move(world, days=31)
    assert till.latest(subscription).status == "canceled"
    page.visit(page.url)
    assert "Cancel" not in page.buttons


def test_ours_takes_back_an_end_that_the_portal_set(world: World) -> None:
    subscription = till.sign_up(world)
    _visit(subscription).press("Cancel")

    kept = changes.cancel_at_period_end(
        subscription_id=subscription.id, metadata={}, key="op:keep", cancel=False
    )

    assert (kept.cancel_at, kept.canceled_at) == (None, None)


def test_a_client_pays_with_another_card(world: World) -> None:
    subscription = till.sign_up(world)
    page = _visit(subscription, flow="payment_method_update")
    assert page.buttons == ["Use this card from now on"]

    page.press("Use this card from now on", declines="expired")

    assert "ending in 0069" in page.text
    till.move(world, days=32)
    assert till.latest(subscription).status == "past_due"
    page.press("Use this card from now on")
    till.move(world, days=3)
    assert till.latest(subscription).status == "active"


def test_a_visit_to_leave_offers_nothing_else(world: World) -> None:
    subscription = till.sign_up(world)

    page = _visit(subscription, flow="subscription_cancel", subscription_id=subscription.id)

    assert page.buttons == ["Cancel"]


def test_a_downgrade_that_waits_keeps_the_portal_out(world: World) -> None:
    subscription = till.sign_up(world)
    changes.schedule_downgrade(
        subscription=subscription,
        price_id=till.make_price(Money(290, "EUR"), name="smaller"),
        metadata={},
        key="op:down",
    )
    page = _visit(subscription)

    page.press("Cancel")

    assert "Another plan is waiting" in page.text
    assert till.latest(subscription).cancel_at is None


def test_an_invoice_is_read_paid_and_downloaded(world: World) -> None:
    owed = invoices.get_invoice(till.subscribe_by_transfer().latest_invoice_id)
    page = Visitor(owed.hosted_url)
    assert "open, due on 26 Jan 2026" in page.text
    assert "To be paid 490.00 EUR" in page.text

    page.press("Pay", declines="declined")
    assert "Your card was declined" in page.text
    page.press("Pay")

    assert "paid on 12 Jan 2026" in page.text
    assert page.buttons == []
    assert invoices.get_invoice(owed.id).status == "paid"
    answer = page.follow("Download as PDF")
    assert answer.url == owed.pdf_url
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    assert f"(Invoice {owed.number})".encode() in answer.content


def test_an_invoice_to_come_has_no_number_and_no_button(world: World) -> None:
    subscription = till.sign_up(world)
    till.move(world, days=31)

    page = Visitor(f"{world.base}/i/{till.latest(subscription).latest_invoice_id}")

    assert "Invoice to come" in page.text
    assert page.buttons == []


def test_a_credit_note_is_downloaded(world: World) -> None:
    note = credit_notes.create_credit_note(
        invoice_id=till.sign_up(world).latest_invoice_id,
        amount=Money(10, "EUR"),
        metadata={},
        key="op:1",
        way="credit",
        memo="Brackets (both) and \\",
    )

    page = Visitor(note.pdf_url)

    assert page.source.startswith("%PDF")
    assert "(Brackets \\(both\\) and \\\\)" in page.source


def test_a_newcomer_lets_months_pass_on_the_front_page(world: World) -> None:
    _session()
    subscription = till.sign_up(world)
    page = Visitor(world.base)
    assert "It is 12 Jan 2026 here" in page.text
    assert "checkout.session.completed" in page.text

    for label in ("A month later", "A day later", "A week later"):
        page.press(label)
        page.visit(world.base)

    assert "It is 20 Feb 2026 here" in page.text
    assert len(till.invoices_of(subscription)) == 2


@pytest.mark.parametrize("path", ["/nothing", "/c/pay/cs_none", "/i/in_none/pdf", "/p/session/x"])
def test_what_is_not_there_is_said(world: World, path: str) -> None:
    assert Visitor(world.base + path).status == 404


def test_what_a_customer_wrote_is_shown_and_not_obeyed(world: World) -> None:
    name = '"><script>alert(1)</script>'
    customer = customers.create_customer(name=name, email="a@acme.test", metadata={}, key="op:1")
    url = portal.open_portal(customer_id=customer.id, return_url="http://localhost/")

    page = Visitor(url)

    assert "<script>" not in page.source
    assert name in page.text
