"""Network: bridges, the containers' links to them, their addresses, names and published ports.

I own the bridges `jc0` (the default one) and `jcb…`, the nftables tables `jupyter-containers`, the host ends of links
(`jc…`) and the sockets that reserve published ports. I touch netlink sockets that are handed to me, other namespaces
only on a thread that ends there (inside.py), and switches of /proc/sys/net for forwarding that I never turn off;
I never fork, run a program, or change another program's rules.

    open_segment: ipam and options, pure ─ bridge ─ table built anew, all networks in one transaction
    attach: bridges and table (first time) ─ addresses ─ ports reserved ─ link born inside the container ─ DNAT
    detach: DNAT out ─ sockets closed ─ addresses free (the links died with the namespace)

Only this room imports pyroute2, of that only the messages (kernel_messages.py), and when the first container needs a
bridge. Start at networks.py, the face for the engine; values.py has the words it speaks; naming.py knows who is called
what, and dns/ tells the containers; sublinks.py is for networks without a bridge.
"""
