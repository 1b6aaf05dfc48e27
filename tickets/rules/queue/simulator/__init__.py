"""The queue's own rules on synthetic or past weeks, next to simpler orders of work.

What is simulated: tickets arrive in office hours and are triaged at once; promises by tokens and
the forward simulation (``promising``), offered anew whenever somebody takes a ticket; the next
ticket by ``lanes.choose``. What is not: an engineer does one ticket at a time without a break,
takes every project, is never ill, and needs exactly the time that was estimated. Everything follows
from the seed.

A P1 has a day, and made-up work takes up to a day. One that is nearly so long is late unless
somebody is free at once, in any order of work without interruptions. It is not promised then
(``Trial.refused_for``), so it breaks no promise of its own; it counts as not done within target.
A P1 can still break what was promised before it, for it is promised whatever it makes late: another
P1 by a sooner due time (here all have the same target, so none overtakes another), any other
promise by its work. The spare time of promises absorbs that at the usual share of P1. Where a tenth
of the tickets is P1 with three hours of work each, and a client sends 20 times its share, a few
promises break: by the design a promise gives way to an outage, not the other way round.
"""

from tickets.rules.queue.simulator.orders import ORDERS, Done
from tickets.rules.queue.simulator.rows import RealWeeks, read_row
from tickets.rules.queue.simulator.runs import Tally, simulate, tally_of
from tickets.rules.queue.simulator.synthetic import Synthetic
from tickets.rules.queue.simulator.weeks import TARGETS, Arrival, House, nine_to_five, office

__all__ = [
    "ORDERS",
    "TARGETS",
    "Arrival",
    "Done",
    "House",
    "RealWeeks",
    "Synthetic",
    "Tally",
    "nine_to_five",
    "office",
    "read_row",
    "simulate",
    "tally_of",
]
