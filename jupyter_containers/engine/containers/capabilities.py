"""--cap-add and --cap-drop, as Docker reads them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from jupyter_containers.errors import InvalidParameter, Unsupported

ALL = "ALL"


def normalize(names: Sequence[str], known: Sequence[str], option: str) -> tuple[str, ...]:
    """Return names as CAP_…; ALL stays. Raises InvalidParameter for one the kernel does not know."""
    found = []
    for name in names:
        word = name.upper()
        if word not in (ALL, f"CAP_{ALL}"):
            word = word if word.startswith("CAP_") else f"CAP_{word}"
            if word not in known:
                raise InvalidParameter(f'invalid {option}: unknown capability: "{word}"')
        else:
            word = ALL
        found.append(word)
    return tuple(found)


def resolve_capabilities(
    add: Sequence[str],
    drop: Sequence[str],
    known: Sequence[str],
    usual: Sequence[str],
    *,
    granted: Collection[str],
    privileged: bool = False,
) -> tuple[str, ...]:
    """Return the names a container has, in the kernel's order.

    `granted` are those that this daemon has itself: nobody can give more. `ALL` and `privileged` mean all of these.

    Raises Unsupported for another one asked for by name, InvalidParameter for one that no kernel has.

    Docker's rules: `ALL` among the added starts from everything, among the dropped from nothing; a name that is both
    added and dropped is had. Source: moby oci/caps, TweakCapabilities.
    """
    added, dropped = normalize(add, known, "CapAdd"), normalize(drop, known, "CapDrop")
    for name in added:
        if name != ALL and name not in granted:
            raise Unsupported(f"cannot add {name}: this host does not let the daemon have it")
    if privileged:
        return tuple(name for name in known if name in granted)
    if ALL in added:
        wanted = set(known) - set(dropped)
    elif ALL in dropped:
        wanted = set(added)
    else:
        wanted = (set(usual) & set(known)) - set(dropped) | set(added)
    return tuple(name for name in known if name in wanted and name in granted)
