"""Triage: read a customer's report and propose kind, severity, title and estimate, with reasons.

To teach it a way of saying something, add a phrase to a table in lexicon/ (the file names are only
for the reader; phrases.py tells how phrases are written). A new table is a new concept. Weights of
kinds, minutes of work and what concepts mean together stand in tables.toml. `python -m
benchmarks.triage --write` fits the corrections anew and tells how often proposals are right.
"""

from tickets.rules.triage.proposal import Proposal, ReportText, propose

__all__ = ["Proposal", "ReportText", "propose"]
