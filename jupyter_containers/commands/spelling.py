"""Words that somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" with the names most like `word`, "" if none is."""
    candidates = list(dict.fromkeys(known))
    found = difflib.get_close_matches(word, candidates, n=3, cutoff=0.6)
    found += [name for name in candidates if len(word) > 1 and name.startswith(word) and name not in found][:3]
    return f"; did you mean {' or '.join(found)}?" if found else ""
