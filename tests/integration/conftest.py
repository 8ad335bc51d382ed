"""Every test against the real kernel leaves it as it was."""

from __future__ import annotations

from tests.support.leftovers import nothing_left_over, session_tag

__all__ = ["nothing_left_over", "session_tag"]
