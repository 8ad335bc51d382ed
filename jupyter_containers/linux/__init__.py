"""Linux: the kernel, one file per facility, as plain functions over numbers, bytes and descriptors.

I own the only ctypes of the package. I may touch the kernel; I never decide policy, log or retry. A refusal is an
OSError with errno, "syscall: reason" and the path; descriptors that I return are close-on-exec and the caller's.

Everything here is safe in a freshly cloned, single-threaded child, and imports nothing but the standard library.
Start at libc.py (one call), then mounts.py and namespaces.py; features.py says what this kernel and user can do.
"""
