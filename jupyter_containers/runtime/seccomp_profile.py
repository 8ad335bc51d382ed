"""Which system calls a container may make unless it is told otherwise.

What is not listed answers EPERM. The list is as strong as Docker's default profile, which people's images are tested
with (a test compares both), and is arranged by what the calls are for. Some calls come with a capability, since
without it the kernel refuses them anyway and only its bugs would be reachable. `clone` may make no namespace, and
`clone3`, whose flags a filter cannot read, answers ENOSYS so that libc falls back to `clone`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

FILES = """
access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync flock fstat
fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 ioctl lchown
lchown32 link linkat _llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat
openat2 readahead readlink readlinkat rename renameat renameat2 rmdir stat stat64 statfs statfs64 statx symlink
symlinkat sync sync_file_range syncfs truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes
listmount statmount
"""
ATTRIBUTES = """
fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr
lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat
"""
TRANSFER = """
pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readv sendfile sendfile64 splice tee vmsplice write writev
io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit pipe pipe2
"""
WAITING = """
epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2
fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch _newselect pause poll ppoll ppoll_time64
pselect6 pselect6_time64 select signalfd signalfd4
"""
NETWORK = """
accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg
send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair
"""
MEMORY = """
brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2
mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease
remap_file_pages
"""
PROCESSES = """
execve execveat exit exit_group fork getpgid getpgrp getpid getppid getsid gettid pidfd_open pidfd_send_signal prctl
rseq seccomp set_robust_list get_robust_list set_thread_area get_thread_area set_tid_address setpgid setsid vfork wait4
waitid waitpid landlock_add_rule landlock_create_ruleset landlock_restrict_self restart_syscall riscv_hwprobe uretprobe
"""
SCHEDULING = """
getcpu getpriority ioprio_get ioprio_set sched_getaffinity sched_getattr sched_getparam sched_get_priority_max
sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity
sched_setattr sched_setparam sched_setscheduler sched_yield setpriority
"""
IDENTITY = """
capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid getresgid32 getresuid
getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setregid
setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32
"""
SIGNALS = """
kill rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn tgkill tkill
"""
CLOCKS = """
adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete
timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
timerfd_gettime64 timerfd_settime timerfd_settime64 times
"""
LOCKS_AND_QUEUES = """
futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake ipc mq_getsetattr mq_notify mq_open mq_timedreceive
mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop
semtimedop semtimedop_time64 shmat shmctl shmdt shmget
"""
MACHINE = "getrandom getrlimit getrusage prlimit64 setrlimit sysinfo ugetrlimit uname"

# CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}: no bit of it may be in clone's flags.
NAMESPACE_FLAGS = 0x7E020000
AF_VSOCK = 40
# personality(2): Linux, the 32-bit address limit's 8, both without address randomisation, and "only ask".
PERSONALITIES = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)
ENOSYS = 38

ANYWHERE_ELSE = {
    "arm arm64": "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls",
    "amd64 x32": "arch_prctl",
    "amd64 x32 x86": "modify_ldt",
}
WITH_CAPABILITY = {
    "CAP_DAC_READ_SEARCH": "open_by_handle_at",
    "CAP_SYS_ADMIN": """bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
        lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl
        quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare""",
    "CAP_SYS_BOOT": "reboot",
    "CAP_SYS_CHROOT": "chroot",
    "CAP_SYS_MODULE": "delete_module finit_module init_module",
    "CAP_SYS_PACCT": "acct",
    "CAP_SYS_PTRACE": "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
    "CAP_SYS_RAWIO": "ioperm iopl",
    "CAP_SYS_TIME": "clock_settime clock_settime64 settimeofday stime",
    "CAP_SYS_TTY_CONFIG": "vhangup",
    "CAP_SYS_NICE": "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
    "CAP_SYSLOG": "syslog",
    "CAP_BPF": "bpf",
    "CAP_PERFMON": "perf_event_open",
}


@cache
def default_seccomp() -> Mapping[str, Any]:
    """Return the default profile, in Docker's form of the OCI object (with includes and excludes); do not change it.

    The same object each time: who compares with it by identity recognises the default. Source: runtime-spec,
    config-linux.md, Seccomp.
    """
    ordinary = " ".join((
        FILES, ATTRIBUTES, TRANSFER, WAITING, NETWORK, MEMORY, PROCESSES, SCHEDULING, IDENTITY, SIGNALS, CLOCKS,
        LOCKS_AND_QUEUES, MACHINE,
    ))  # fmt: skip
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
        ],
        "syscalls": [
            _allow(ordinary),
            # Before 4.8 a tracer could change the call after the filter had seen it.
            _allow("process_vm_readv process_vm_writev ptrace", includes={"minKernel": "4.8"}),
            *_sockets(),
            *(_allow("personality", args=[_argument(0, value, "SCMP_CMP_EQ")]) for value in PERSONALITIES),
            *(_allow(names, includes={"arches": arches.split()}) for arches, names in ANYWHERE_ELSE.items()),
            *(_allow(names, includes={"caps": [name]}) for name, names in WITH_CAPABILITY.items()),
            *_clones(),
        ],
    }


def _allow(names: str, **conditions: Any) -> dict[str, Any]:
    return {"names": names.split(), "action": "SCMP_ACT_ALLOW", **conditions}


def _argument(index: int, value: int, operation: str, second: int = 0) -> dict[str, Any]:
    return {"index": index, "value": value, "valueTwo": second, "op": operation}


def _sockets() -> list[dict[str, Any]]:
    """All address families but AF_VSOCK, which reaches the hypervisor, and AF_ALG (38), a steady source of bugs."""
    return [
        _allow("socket", args=[_argument(0, AF_VSOCK - 2, "SCMP_CMP_LT")]),
        _allow("socket", args=[_argument(0, AF_VSOCK - 1, "SCMP_CMP_EQ")]),
        _allow("socket", args=[_argument(0, AF_VSOCK, "SCMP_CMP_GT")]),
    ]


def _clones() -> list[dict[str, Any]]:
    without = {"caps": ["CAP_SYS_ADMIN"]}
    flags = _argument(0, NAMESPACE_FLAGS, "SCMP_CMP_MASKED_EQ")
    return [
        _allow("clone", args=[flags], excludes=without),
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS, "excludes": without},
    ]
