"""The WSGI application as make run's web processes load it."""

from shipops.start.orphans import die_with_parent

# Before Django loads: a web process ends with its server, whatever ends that.
die_with_parent()

from shipops.wsgi import application  # noqa: E402

__all__ = ["application"]
