"""Work out of order that cannot make a promise late, told without a simulation."""


def fits(work: float, spare: float, passed: float) -> bool:
    """Tell whether every promise holds if somebody does ``work`` now, beside the plan.

    ``spare`` is ``promising.least_spare`` of the last simulation, less all work that was since
    begun beside its plan; ``passed`` the time since then, in which engineers worked or not; all in
    one unit. False says only that a simulation has to tell.

    List scheduling in a fixed order gives the next job to whoever is free first. With engineers
    alike (``least_spare`` is none where they are not), count all instants in their open time: the
    next start is the least of the instants at which they become free, and moves that engineer's
    instant by the length of the job. Both the least and the sorted instants after it are monotone
    and 1-Lipschitz (in the greatest difference) in what they were before, so if every engineer
    becomes free at most ``d`` later than in the simulation, no job starts more than ``d`` later.
    Taking a job out of the order never makes another later. What is done beside the plan makes one
    engineer later by its length; time in which nobody took anything makes each later by at most the
    open time that passed.
    """
    return work <= spare - max(0.0, passed)
