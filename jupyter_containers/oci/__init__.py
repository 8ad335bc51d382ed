"""OCI vocabulary: frozen values for names and bytes. No I/O, no clock, no kernel.

I own the meaning of digests, descriptors, references, manifests, image configs and runtime specs: parsing at the
door (a value that exists is valid), printing exactly, comparing. I touch nothing. Everybody may import me, also the
thin rooms, so I import only the light half of the standard library.

    reference ──resolver──▶ descriptor ──content──▶ manifest or index ──▶ image config ──engine──▶ runtime spec

Start at descriptor.py; runtime_spec.py is what the engine hands to the runtime.
Sources: OCI image-spec and runtime-spec; distribution's reference grammar.
"""
