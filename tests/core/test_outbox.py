"""The outbox and the claims under it: due, leased, backed off, given up, sent."""

import uuid
from datetime import datetime, timedelta

import httpx
import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from clients.models import User
from core import claims, tasks
from core.actions import queue_mail, queue_webhook, retry_message
from core.errors import MoveRefused, NotAllowed
from core.models import OutboxMessage
from core.tokens import derive_token, placeholder
from tests.threads import press_at_once

State = OutboxMessage.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def message(db: None, now: datetime) -> OutboxMessage:
    return queue_mail(to="r@x.test", subject="Hello\nthere", text="**Hi**", now=now - MINUTE)


def test_a_queued_mail_is_due_at_once_and_its_subject_is_one_line(message: OutboxMessage) -> None:
    assert (message.state, message.due_at) == (State.PENDING, message.created_at)
    assert message.subject == "Hello there"


def test_delivering_sends_text_and_html_once(message: OutboxMessage) -> None:
    tasks.deliver(message_id=message.pk)
    tasks.deliver(message_id=message.pk)
    tasks.deliver_due()
    (sent,) = mail.outbox
    assert (sent.to, sent.body) == (["r@x.test"], "**Hi**")
    assert isinstance(sent, mail.EmailMultiAlternatives)
    html, kind = sent.alternatives[0]
    assert "<strong>Hi</strong>" in str(html) and kind == "text/html"
    assert f"outbox-{message.pk}@" in sent.extra_headers["Message-ID"]
    message.refresh_from_db()
    assert message.state == State.SENT and message.sent_at and message.due_at is None


def test_a_token_is_in_no_row_and_only_in_the_mail_that_leaves(now: datetime, db: None) -> None:
    text = f"Join: https://x.test/invite/{placeholder('invitation', 5)}/"
    message = queue_mail(to="r@x.test", subject="Join", notice=text, now=now - MINUTE)
    tasks.deliver_due()
    token = derive_token("invitation", 5)
    (sent,) = mail.outbox
    assert isinstance(sent, mail.EmailMultiAlternatives)
    assert token in sent.body and token in str(sent.alternatives[0][0])
    message.refresh_from_db()
    assert (
        token not in f"{message.whole_text}{message.subject}{message.headers}{message.last_error}"
    )


def test_what_is_said_above_neither_hides_nor_bends_the_link_below(now: datetime, db: None) -> None:
    link = f"http://testserver/r/{placeholder('status_link', 5)}/"
    said = "Run this:\n\n```\nnpm ci\n\n> _not closed"
    queue_mail(to="r@x.test", subject="s", text=said, notice=f"Answer: {link}", now=now - MINUTE)
    tasks.deliver_due()
    (sent,) = mail.outbox
    assert isinstance(sent, mail.EmailMultiAlternatives)
    address = f"http://testserver/r/{derive_token('status_link', 5)}/"
    html = str(sent.alternatives[0][0])
    assert f'<p>Answer: <a href="{address}">{address}</a></p>' in html
    assert sent.body == f"{said}\n\nAnswer: {address}"


def test_a_notice_is_no_markup(now: datetime, db: None) -> None:
    notice = "You reported: <b>**bold** [a](https://evil.test)"
    queue_mail(to="r@x.test", subject="s", notice=notice, now=now - MINUTE)
    tasks.deliver_due()
    (sent,) = mail.outbox
    assert isinstance(sent, mail.EmailMultiAlternatives)
    html = str(sent.alternatives[0][0])
    assert "<b>" not in html and "<strong>" not in html and ">a</a>" not in html


def test_what_a_person_typed_never_becomes_a_token(now: datetime, db: None) -> None:
    queue_mail(to="r@x.test", subject="s", text="{token:invitation:5}", now=now - MINUTE)
    tasks.deliver_due()
    assert derive_token("invitation", 5) not in mail.outbox[0].body


def _fail(message: OutboxMessage) -> None:
    raise OSError("mail server is away")


def test_a_failure_backs_off_and_doubles_the_wait(
    message: OutboxMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tasks.SENDERS, OutboxMessage.Channel.MAIL, _fail)
    waits = []
    for attempt in range(1, 4):
        OutboxMessage.objects.update(due_at=message.created_at)
        tasks.deliver_due()
        message.refresh_from_db()
        assert (message.state, message.attempts) == (State.PENDING, attempt)
        assert "mail server is away" in message.last_error
        assert message.lease_token is None and message.due_at
        waits.append(message.due_at)
    assert waits == sorted(waits)


def test_after_the_last_attempt_it_is_given_up_and_can_be_tried_again(
    message: OutboxMessage, monkeypatch: pytest.MonkeyPatch, now: datetime, ops_admin: User
) -> None:
    OutboxMessage.objects.update(attempts=tasks.MOST_ATTEMPTS - 1)
    with monkeypatch.context() as patch:
        patch.setitem(tasks.SENDERS, OutboxMessage.Channel.MAIL, _fail)
        tasks.deliver_due()
    message.refresh_from_db()
    assert message.state == State.FAILED and message.due_at is None and message.last_error
    tasks.deliver_due()
    assert not mail.outbox
    retry_message(message_id=message.pk, actor=ops_admin, now=now - MINUTE)
    tasks.deliver_due()
    message.refresh_from_db()
    assert message.state == State.SENT and len(mail.outbox) == 1


class Killed(BaseException):
    """What ends a worker: no ``except Exception`` hears of it."""


def _kill(message: OutboxMessage) -> None:
    raise Killed


def _end_lease(now: datetime) -> None:
    OutboxMessage.objects.update(leased_until=now - MINUTE)


def test_a_message_that_kills_its_workers_is_given_up_and_can_be_tried_again(
    message: OutboxMessage, monkeypatch: pytest.MonkeyPatch, now: datetime, ops_admin: User
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(tasks.SENDERS, OutboxMessage.Channel.MAIL, _kill)
        for attempt in range(1, tasks.MOST_ATTEMPTS + 1):
            with pytest.raises(Killed):
                tasks.deliver_due()
            message.refresh_from_db()
            assert (message.state, message.attempts) == (State.PENDING, attempt)
            tasks.deliver_due()  # while the lease runs, nobody else takes it
            _end_lease(now)
        tasks.deliver_due()  # would be killed, too
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.FAILED, tasks.MOST_ATTEMPTS)
    assert "stopped" in message.last_error and message.lease_token is None

    retry_message(message_id=message.pk, actor=ops_admin, now=now - MINUTE)
    tasks.deliver(message_id=message.pk)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.SENT, 1)


def test_the_nudge_gives_up_too_what_killed_every_worker(
    message: OutboxMessage, now: datetime
) -> None:
    OutboxMessage.objects.update(attempts=tasks.MOST_ATTEMPTS)
    tasks.deliver(message_id=message.pk)
    message.refresh_from_db()
    assert message.state == State.FAILED and not mail.outbox


def test_retrying_a_sent_message_is_refused_and_sends_nothing(
    message: OutboxMessage, now: datetime, ops_admin: User
) -> None:
    tasks.deliver_due()
    with pytest.raises(MoveRefused):
        retry_message(message_id=message.pk, actor=ops_admin, now=now - MINUTE)
    tasks.deliver_due()
    assert len(mail.outbox) == 1


def test_an_engineer_or_a_client_s_owner_retries_nothing(
    message: OutboxMessage, now: datetime, engineer: User, alice: User
) -> None:
    OutboxMessage.objects.update(state=State.FAILED, due_at=None)
    for person in (engineer, alice):
        with pytest.raises(NotAllowed):
            retry_message(message_id=message.pk, actor=person, now=now)
    message.refresh_from_db()
    assert message.state == State.FAILED


def test_one_bad_message_does_not_stop_the_others(
    message: OutboxMessage, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_mail(to="ok@x.test", subject="s", text="t", now=now - MINUTE)
    send = tasks.SENDERS[OutboxMessage.Channel.MAIL]

    def flaky(row: OutboxMessage) -> None:
        if row.pk == message.pk:
            raise ValueError("bad")
        send(row)

    monkeypatch.setitem(tasks.SENDERS, OutboxMessage.Channel.MAIL, flaky)
    tasks.deliver_due()
    assert [sent.to for sent in mail.outbox] == [["ok@x.test"]]


def test_a_web_hook_gets_what_slack_takes_and_its_address_is_never_kept(
    db: None, now: datetime, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALERT_WEBHOOK_URL = "https://hooks.test/SECRET"
    posts = []
    away = httpx.ConnectError("no route to hooks.test/SECRET")
    outcomes: list[httpx.Response | Exception] = [httpx.Response(500), away, httpx.Response(200)]
    answers = iter(outcomes)

    def post(url: str, *, json: dict[str, str], timeout: int) -> httpx.Response:
        posts.append((url, json))
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(httpx, "post", post)
    message = queue_webhook(subject="S1", text="<!channel> R&D is down", now=now - MINUTE)
    for state in (State.PENDING, State.PENDING, State.SENT):
        OutboxMessage.objects.filter(state=State.PENDING).update(due_at=now - MINUTE)
        tasks.deliver_due()
        message.refresh_from_db()
        assert message.state == state
        assert "SECRET" not in message.last_error
    said = "*S1*\n&lt;!channel&gt; R&amp;D is down"
    assert posts[0] == ("https://hooks.test/SECRET", {"text": said})


def test_a_leased_row_is_nobody_else_s_until_the_lease_ends(
    message: OutboxMessage, now: datetime
) -> None:
    rows = OutboxMessage.objects.all()
    (first,) = claims.claim(rows, now=now, lease=MINUTE)
    assert claims.claim(rows, now=now, lease=MINUTE) == []
    (second,) = claims.claim(rows, now=now + 2 * MINUTE, lease=MINUTE)
    assert second.lease_token != first.lease_token
    assert (first.attempts, second.attempts) == (1, 2)
    # Who lost the lease writes nothing.
    assert not claims.finish(first, state=State.SENT, sent_at=now)
    assert not claims.back_off(first, now=now, error="late")
    message.refresh_from_db()
    assert message.state == State.PENDING and message.attempts == 2
    assert claims.finish(second, state=State.SENT, sent_at=now)
    assert not claims.finish(second, state=State.SENT, sent_at=now)


def test_back_off_doubles_to_six_hours_at_most(message: OutboxMessage, now: datetime) -> None:
    expected = {1: 30, 2: 60, 6: 960, 10: 15360, 11: 21600, 41: 21600}
    for attempts, seconds in expected.items():
        OutboxMessage.objects.update(attempts=attempts, due_at=now, lease_token=uuid.uuid4())
        message.refresh_from_db()
        assert claims.back_off(message, now=now, error="e" * 900)
        message.refresh_from_db()
        assert message.due_at == now + timedelta(seconds=seconds)
        assert message.attempts == attempts
        assert len(message.last_error) == 500


def test_what_is_not_due_is_not_claimed(message: OutboxMessage, now: datetime) -> None:
    assert not claims.claim(OutboxMessage.objects.all(), now=now - 2 * MINUTE, lease=MINUTE)
    OutboxMessage.objects.update(state=State.FAILED, due_at=None)
    assert not claims.claim(OutboxMessage.objects.all(), now=now, lease=MINUTE)


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_mail_once(now: datetime) -> None:
    for number in range(12):
        queue_mail(to=f"r{number}@x.test", subject="s", text="t", now=now - MINUTE)
    outcomes = press_at_once([tasks.deliver_due for _ in range(4)])
    assert outcomes == [None] * 4
    assert sorted(sent.to[0] for sent in mail.outbox) == sorted(f"r{n}@x.test" for n in range(12))


@pytest.mark.parametrize("change", [
    {"state": "sent"}, {"due_at": None}, {"sent_at": "2026-01-01T00:00Z"},
    {"state": "failed"}, {"state": "sent", "due_at": None},
])  # fmt: skip
def test_the_database_refuses_a_half_sent_message(
    message: OutboxMessage, change: dict[str, str | None]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxMessage.objects.filter(pk=message.pk).update(**change)
