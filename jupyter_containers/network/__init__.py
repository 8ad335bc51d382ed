"""Network: a bridge, the containers' links to it, their addresses and their published ports.

I own the bridge `jc0`, the nftables table `jupyter-containers`, the host ends of the links (`jc…`) and the sockets that
reserve published ports. I touch netlink sockets that are handed to me (I never enter a namespace), and two switches of
/proc/sys/net that I never turn off again; I never fork, run a program, or change another program's rules.

    attach: bridge and table (first time) ─ address ─ reserve ports ─ link born inside the container ─ DNAT in one batch
    detach: DNAT out ─ sockets closed ─ address free (the link died with the namespace)

Only this room imports pyroute2, and only at the first container on the bridge. Start at networks.py, the face for the
engine; values.py has the words it speaks.
"""
