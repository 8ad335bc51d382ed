"""Operations: what is done to a root file system until a process can live in it, each a value that can be printed.

    operation.py  what an operation is          site.py     the new root under construction, as descriptors
    root.py       root mounts, pivot            mounts.py   file systems and binds     cgroups.py  /sys/fs/cgroup
    devices.py    nodes, links, console         masks.py    hidden and read-only paths names.py    host name, sysctl

No path inside the root is ever given to a call that follows links on its own: targets are descriptors that the kernel
resolved inside the root (openat2), and mounts are attached to descriptors (move_mount). An image, a volume or another
process in it may hold any symbolic link, or swap one at any moment.
"""
