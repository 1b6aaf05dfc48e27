"""Stripe: typed calls that give frozen values, and the only place that knows its library.

Calls take and give our own words (``objects``), amounts are ``core.money.Money`` (``amounts``), and
whatever goes wrong is one of the five kinds in ``errors``. No object of the library leaves here: it
raises AttributeError for each field that an answer lacks.
"""
