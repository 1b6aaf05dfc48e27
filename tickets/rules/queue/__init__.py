"""The order of work: commit, deadline, fair share (docs: the queue).

Instants and lengths are whole microseconds here, for speed: thousands of tickets are simulated
within milliseconds.
"""
