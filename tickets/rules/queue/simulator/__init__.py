"""The queue's own rules on synthetic or past weeks, next to simpler orders of work.

What is simulated: tickets arrive in office hours and are triaged at once; promises by tokens and
the forward simulation (``promising``), offered anew whenever somebody takes a ticket; the next
ticket by ``lanes.choose``. What is not: an engineer does one ticket at a time without a break,
takes every project, is never ill, and needs exactly the time that was estimated. Everything follows
from the seed.

A P1 has a day, and the synthetic mix has none whose work takes more than half of it: work that
nearly fills its target is late whenever nobody is free at once, in any order of work without
interruptions. The product does not promise it then (``Trial.refused_for``), and neither does the
simulator. A P1 can still break what was promised before it: another P1 by a sooner due time, any
other promise by its work. By the design that is accepted, for a P1 is promised whatever it makes
late; here all P1 have the same target, so none overtakes another.
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
