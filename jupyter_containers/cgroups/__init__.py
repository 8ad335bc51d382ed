"""Cgroups: limits and accounting of one container's group of processes.

I own the groups `jupyter-containers/…` and touch nothing but the cgroup file systems; I do not know what a container
is.

    manager = choose()                                  v2.py, v1.py, or absent.py with the reason
    group = manager.create("jupyter-containers/<id>", resources)
    in the single-threaded child: group.enter()         or, on v2, clone(cgroup_fd=group.directory_fd())
    group.usage(); group.update(resources); group.freeze(); group.thaw(); group.kill()
    group.remove()

Why not group.add(pid) from outside: a process that moves *itself*, as one thread, spares the kernel the lock against
all forks and exits of the machine, which costs a grace period of RCU (0.3 ms against 5 to 12, unless one was just
done).

Start at manager.py; v1 is a directory in each hierarchy, v2 one directory and a BPF program for devices.
"""
