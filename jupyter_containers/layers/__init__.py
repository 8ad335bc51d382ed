"""Layers: tar ↔ directory. The room that reads what strangers wrote.

I own no folder: I work under a directory that the caller names, and nothing outside it may change, whatever the tar
says. I never choose where layers live, and never read JSON.

    stream ─ compression ─ tar_reader ─▶ Member ─ apply (dirfds, openat2 in the root) ─▶ directory
    directory ─ diff ─▶ Member ─ tar_writer ─▶ stream                 archive.py: the same for `docker cp` and export

Start at apply.py; member.py is the value between the two halves; whiteouts.py and ownership.py are the translations.
"""
