"""The name server that containers on user-defined networks ask, at 127.0.0.11 port 53 inside.

I own the sockets that a container's shim opened in its network namespace and handed over, the small nftables table
there that leads port 53 to them, and the sockets that carry unknown names to the host's resolvers. Who is called what
is naming's affair; I ask through the protocol Names.

    client ─ 127.0.0.11:53 ─ nft redirect ─▶ server ─▶ answering ─▶ ours: answer at once
                                                            └────▶ not ours: forwarding ─▶ resolvers of the host

messages and answering are pure: bytes in, bytes or a decision out. Sockets wait in the shim while no daemon is there,
and queries wait in the sockets. Nothing here is imported before the first container needs it. Start at server.py.
"""
