"""Bootstrap: a Debian root made from a mirror of packages, with nothing of Debian's on this host but a keyring.

I own what Debian wrote down: sources, releases, indexes, relations, archives and dpkg's database. I touch the directory
that I am given to unpack into, and apt's configuration, which I read; never the network, images or containers: those
who use me fetch the files that I name, and run the script that I write.

    origins (whose release, from where) ─▶ signatures ─▶ release ─▶ packages (index) ─▶ resolver ─▶ packages to take
    ar ─▶ deb ─▶ unpacking (into a directory) ─▶ dpkg_database (as if dpkg had) ─▶ second_stage (a script for inside)

Why dpkg's database is written here and not by dpkg: a root without packages has no dpkg to run, and debootstrap, which
unpacks all twice for that reason, takes twice the time.

Sources: Debian policy, chapters 3, 5, 7 and 10; deb822(5), deb(5), sources.list(5); wiki, DebianRepository/Format.
Start at origins.py.
"""
