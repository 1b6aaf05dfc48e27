"""Triage: read a customer's report and propose kind, severity, title and estimate, with reasons."""

from tickets.rules.triage.proposal import Proposal, ReportText, propose

__all__ = ["Proposal", "ReportText", "propose"]
