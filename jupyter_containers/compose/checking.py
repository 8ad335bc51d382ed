"""What a service asks for is looked at when its file is read: what cannot be carried out is told before anything is.

Each key by itself has been checked (schema.py); here it is what several say together, and what becomes of them.
"""

from __future__ import annotations

import re

from jupyter_containers.compose.hooks import exec_settings
from jupyter_containers.compose.model import Project, Service
from jupyter_containers.compose.source import Node, Place, WrongFile
from jupyter_containers.compose.triggers import WrongRule, check_rules
from jupyter_containers.compose.wire import container_body
from jupyter_containers.errors import InvalidParameter

_KEY = re.compile(r"[a-z_]+")


def check_requests(project: Project, service: Service, node: Node) -> None:
    """Raise WrongFile for a service of which no container, no hook or no watch can be made; `node` is where it is."""
    names = {name: name for name in project.services}
    try:
        container_body(project, service, {}, names=names)
        for kind in ("post_start", "pre_stop"):
            for hook in service.definition.get(kind, ()):
                exec_settings(hook, kind)
        check_rules(service)
        for rule in (service.definition.get("develop") or {}).get("watch", ()):
            if "exec" in rule:
                exec_settings(rule["exec"], "develop.watch")
    except WrongRule as error:
        rules = node.mapping["develop"].mapping["watch"].items
        raise WrongFile(rules[error.number].place, error.message) from None
    except InvalidParameter as error:
        raise WrongFile(_place(node, error.message), f"services.{service.name}.{error.message}") from None


def _place(node: Node, message: str) -> Place:
    """Return where the key stands with which a message begins."""
    key = _KEY.match(message)
    return node.mapping.get(key[0], node).place if key is not None else node.place
