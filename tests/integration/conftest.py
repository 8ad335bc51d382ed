"""Every test against the real kernel leaves it as it was."""

from __future__ import annotations

from tests.support.leftovers import counts_interfaces, nothing_left_over, session_tag

__all__ = ["counts_interfaces", "nothing_left_over", "session_tag"]
