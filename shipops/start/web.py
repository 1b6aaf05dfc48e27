"""The WSGI application as make run's web processes load it."""

import gc

from shipops.start.orphans import die_with_parent

# Before Django loads: a web process ends with its server, whatever ends that.
die_with_parent()

from shipops.wsgi import application  # noqa: E402

__all__ = ["application"]

# What is loaded by now stays for good, and a request leaves few cycles behind: looking for them
# every 700 objects took a fifth of a request's time (benchmarks: report_accept).
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
