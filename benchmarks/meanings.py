"""How often a known duplicate's ticket is suggested by what reports mean (the optional extra)."""

from benchmarks.duplicates import by_meaning as measure

__all__ = ["measure"]
