"""Sandboxes: throw-away copies of the notebook's own environment, and what becomes of the files that changed there.

    surroundings.py  what of this process goes in: folders, Python, environment without secrets
    roster.py        the sandboxes of a daemon, found by their label, at most so many of them
    sandbox.py       one of them: its changes; keep, discard, save      ◀── start here
    changes.py       the files that changed, with sizes;  diffs.py: what changed in those that are text
    copies.py        the same for a folder that had to be copied in, as it is on another file system
    choice.py        which of them may go to their real places;  keeping.py: the writing, which follows no link

What is inside has been written by whatever ran there: names and contents are hostile. This room asks the daemon
through client and writes files of this machine; words and pictures are made elsewhere.
"""
