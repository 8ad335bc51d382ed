"""Registry: the distribution protocol, as a client.

I own the wire towards registries: requests, redirects, proxies, retries, log-in, manifests and blobs. I touch the
network and the content store (ingests); I never unpack, and names of images are the engine's. Credentials come with
each call and are kept no longer. The only rooms with aiohttp are daemon, api and this one.

    Registry.pull(reference)
      └ endpoints: which URLs, TLS or not ─ authentication: none, Basic or Bearer ─ transport: one request, retried
          └ resolver: HEAD tag → digest → GET manifest → index? choose the platform
              └ pull: config + layers ─ downloads: three at once, shared, resumed by Range ──▶ content store
    Registry.push(reference, image)
      └ push: layers ─ there already? in another repository? ─ uploads ─▶ config ─▶ manifest, last

Messages are dockerd's where it has one because people and scripts search for them. Start at registry.py.
"""

from jupyter_containers.registry.credentials import Credentials, domain_of, from_config_header, from_header
from jupyter_containers.registry.description import Description
from jupyter_containers.registry.failures import shown_url
from jupyter_containers.registry.fetching import Fetched
from jupyter_containers.registry.progress import Progress
from jupyter_containers.registry.pull import Pulled
from jupyter_containers.registry.push import Pushable, Pushed
from jupyter_containers.registry.registry import Registry
from jupyter_containers.registry.search import Found

__all__ = [
    "Credentials", "Description", "Fetched", "Found", "Progress", "Pulled", "Pushable", "Pushed", "Registry",
    "domain_of", "from_config_header", "from_header", "shown_url",
]  # fmt: skip
