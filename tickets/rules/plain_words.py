"""How the portal speaks of work: the states and steps in the words of somebody who waits for it."""

from dataclasses import dataclass

from tickets.rules.states import ReportState, TicketState
from tickets.rules.words import Severity


@dataclass(frozen=True)
class Standing:
    """Where something stands: a short label, the tone of its badge, and what happens next."""

    label: str
    tone: str
    next_step: str
    asks: bool = False


_R, _T = ReportState, TicketState

REPORT_STANDINGS: dict[str, Standing] = {
    _R.RECEIVED: Standing("New", "calm", "An engineer reads it next."),
    _R.PROPOSED: Standing("New", "calm", "An engineer reads it next."),
    _R.ASKED: Standing("We asked you", "warn", "We need an answer from you to go on.", asks=True),
    _R.ACCEPTED: Standing("Accepted", "calm", "It is in the queue."),
    _R.DUPLICATE: Standing(
        "Known already", "calm", "It joined another report of the same problem."
    ),
    _R.DECLINED: Standing("Closed", "plain", "Nothing more is planned. Reply if that is wrong."),
}
TICKET_STANDINGS: dict[str, Standing] = {
    _T.QUEUED: Standing("In the queue", "calm hollow", "It waits for its turn with an engineer."),
    _T.IN_PROGRESS: Standing("Being worked on", "accent", "An engineer is working on it."),
    _T.WAITING: Standing(
        "Waiting for you", "warn", "We need an answer from you to go on.", asks=True
    ),
    _T.IN_REVIEW: Standing(
        "Being checked", "accent", "A fix is written; it is checked before it goes live."
    ),
    _T.SHIPPED: Standing(
        "Fixed, please check", "good hollow", "The fix is live. Does it work for you?", asks=True
    ),
    _T.VERIFIED: Standing("Works again", "good", "Done. Reply if it comes back."),
    _T.CLOSED: Standing("Closed", "plain", "Nothing more is planned. Reply if that is wrong."),
    _T.MERGED: Standing(
        "Part of another", "plain", "It is the same problem as another ticket: see there."
    ),
}


def standing_of_asked(whom: str) -> Standing:
    """Say whom we asked to somebody else; a long name or address is cut to fit a badge."""
    name = shorten(" ".join(whom.split()), 24)
    return Standing(f"We asked {name}", "warn", f"We need an answer from {name} to go on.")


@dataclass(frozen=True)
class Step:
    """One event of a timeline: its icon, its tone, and what the person in front of it did."""

    icon: str
    tone: str
    words: str


STEPS: dict[str, Step] = {
    "report.received": Step("message-square", "", "reported this"),
    "report.accepted": Step("inbox", "", "read it and put it into the queue"),
    "report.joined": Step("copy", "", "found another report of the same problem"),
    "report.declined": Step("ban", "", "closed the report without work"),
    "report.reconsidered": Step("rotate-ccw", "", "looks at the report again"),
    "ticket.started": Step("wrench", "accent", "started to work on it"),
    "ticket.waiting": Step("hourglass", "warn", "needs an answer from you"),
    "ticket.resumed": Step("wrench", "accent", "went on"),
    "ticket.in_review": Step("eye", "accent", "wrote a fix that is now being checked"),
    "ticket.shipped": Step("rocket", "good", "put the fix live"),
    "ticket.fix_confirmed": Step("circle-check", "good", "said that it works"),
    "ticket.fix_denied": Step("triangle-alert", "warn", "said that it is still broken"),
    "ticket.reopened": Step("rotate-ccw", "warn", "opened it again"),
    "ticket.closed": Step("ban", "", "closed it without a fix"),
    "report.split": Step("rotate-ccw", "", "looks at the report on its own again"),
    "ticket.unmerged": Step("rotate-ccw", "", "took this out of another ticket again"),
    "ticket.merged_in": Step("copy", "", "found another ticket of the same problem"),
    "ticket.unmerged_from": Step("rotate-ccw", "", "took another ticket out of this one again"),
}
JOINED_BY_ONESELF = Step("copy", "", "has the same problem")

# Severity as somebody says it who does not know our scale. It only pre-fills: staff confirm.
CLAIMS: list[tuple[str, str, str]] = [
    (
        Severity.S1,
        "It is down, or data is lost or exposed",
        "Nobody can use the app, or it harms people.",
    ),
    (Severity.S2, "Something important is broken", "Paying, signing in, or what the app is for."),
    (Severity.S3, "It hurts, but there is a way around", "Partly broken, slow or unreliable."),
    (Severity.S4, "A small thing, a question or a wish", "Whenever there is time."),
]


def shorten(text: str, length: int) -> str:
    """Cut a long line at the end of a word, and show that it goes on."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    space = cut.rfind(" ")
    return cut[: space if space > length // 2 else len(cut)].rstrip(" ,;:-") + "…"
