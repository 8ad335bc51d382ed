"""Repositories: files out of git repositories, for contexts of builds and for ADD, without git itself.

I own the addresses that name a repository with a revision and a part of it, the fetch of one commit, and its files in a
folder. The protocol and the objects are dulwich's; what a stranger's server can send is bounded here before dulwich
takes it apart. I run nothing: no hooks, no filters, no helper, no program ssh. Blocking; callers use a thread.

    logins.Logins ─▶ access.Access ─▶ connections (http, git) and secure_shell (ssh)
    addresses.parse ─▶ Source ─ fetching.fetch ─▶ packs.Guard ─▶ objects ─ checkout.write ─▶ a folder, and the commit

Start at fetching.py.
"""
