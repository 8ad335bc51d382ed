"""Runtime: from an OCI bundle to a running process, and into a running container.

I own the path from spec to `execve`. I touch the kernel and the bundle directory; I never do network set-up, logging,
databases or asyncio, and everything I import is standard library, `linux` and `cgroups`.

    shim                                   child (PID 1 of the new namespaces)
    create: plan ─ cgroup ─ clone ──────▶  init: namespaces, root, mounts, devices, console, masks
            network descriptors                  user, capabilities, seccomp
            Created ◀── "ready" ─────────
            or, of one born ahead (newborn.py): "become" ─▶ plan, cgroup, and the same steps
    start:  "go" ───────────────────────▶        execve
            returns when the close-on-exec socket closes, raises CannotExecute when it spoke instead

Start at plan.py (what will be done, printable), then create.py (outside) and init.py (inside); join.py is exec.
passage.py is the last step into a pid namespace of others, foreign.py what of their mounts is shared.
"""
