#!/bin/sh
# Says what a process sees from inside a container, in sections that tests/support/containers.py reads.
# fd 3 of the listing is the one that ls itself opens.
echo "== status";     cat /proc/self/status
echo "== mountinfo";  cat /proc/self/mountinfo
echo "== dev";        ls -lan /dev
echo "== fds";        ls -la /proc/self/fd
echo "== limits";     cat /proc/self/limits
echo "== env";        env
echo "== cwd";        pwd
echo "== umask";      umask
echo "== id";         id
echo "== hostname";   hostname
echo "== processes";  ps -o pid,comm
echo "== links";      ls /sys/class/net
echo "== cgroup";     cat /proc/self/cgroup
echo "== stat";       cat /proc/self/stat
echo "== end"
