"""Benchmarks: us and dockerd in turn, in one run, with ratios. Nothing here asserts a time.

    python -m tests.performance [rounds]      starts a daemon of ours and a dockerd, prints a Markdown table
    COMPAT_HOST=unix:///path/docker.sock …    uses that dockerd instead of starting one
    python -m tests.performance.dashboards    what a dashboard of 50 containers costs the daemon and the kernel

Start at benchmarks.py; daemons.py has the two sides, disk.py the file system that both write to.
"""
