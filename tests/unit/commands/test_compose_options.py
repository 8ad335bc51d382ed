"""docker compose's options: each option of each verb that we have, too, is taken, or refused by name with a reason.

The table is written by hand from docker compose's reference of version 2.
"""

from __future__ import annotations

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import UsageError, parse

OPTIONS = {
    "attach": "--detach-keys --index --no-stdin --sig-proxy",
    "build": (
        "--build-arg --builder --check -m --memory --no-cache --print --provenance --pull --push -q --quiet --sbom "
        "--ssh --with-dependencies"
    ),
    "commit": "-a --author -c --change --index -m --message -p --pause",
    "config": (
        "--environment --format --hash --images --lock-image-digests --models --networks --no-consistency "
        "--no-interpolate --no-normalize --no-path-resolution -o --output --profiles -q --quiet "
        "--resolve-image-digests --services --variables --volumes"
    ),
    "cp": "-a --archive -L --follow-link --index",
    "create": (
        "--build --force-recreate --no-build --no-recreate --pull --quiet-pull --remove-orphans --scale -y --yes"
    ),
    "down": "--remove-orphans --rmi -t --timeout -v --volumes",
    "events": "--json --since --until",
    "exec": "-d --detach -e --env --index -T --privileged -u --user -w --workdir",
    "export": "--index -o --output",
    "images": "--format -q --quiet",
    "kill": "--remove-orphans -s --signal",
    "logs": "-f --follow --index --no-color --no-log-prefix --since -n --tail -t --timestamps --until",
    "ls": "-a --all --filter --format -q --quiet",
    "pause": "",
    "port": "--index --protocol",
    "ps": "-a --all --filter --format --no-trunc --orphans -q --quiet --services --status",
    "pull": "--ignore-buildable --ignore-pull-failures --include-deps --policy -q --quiet",
    "push": "--ignore-push-failures --include-deps -q --quiet",
    "restart": "--no-deps -t --timeout",
    "rm": "-f --force -s --stop -v --volumes",
    "run": (
        "--build --cap-add --cap-drop -d --detach --entrypoint -e --env --env-from-file -i --interactive -l --label "
        "--name -T --no-deps -p --publish --pull -q --quiet --quiet-build --quiet-pull --remove-orphans --rm -P "
        "--service-ports --use-aliases -u --user -v --volume -w --workdir"
    ),
    "scale": "--no-deps",
    "start": "--wait --wait-timeout",
    "stats": "-a --all --format --no-stream --no-trunc",
    "stop": "-t --timeout",
    "top": "",
    "unpause": "",
    "up": (
        "--abort-on-container-exit --abort-on-container-failure --always-recreate-deps --attach --attach-dependencies "
        "--build -d --detach --exit-code-from --force-recreate --menu --no-attach --no-build --no-color --no-deps "
        "--no-log-prefix --no-recreate --no-start --pull --quiet-build --quiet-pull --remove-orphans -V "
        "--renew-anon-volumes --scale -t --timeout --timestamps --wait --wait-timeout -w --watch -y --yes"
    ),
    "version": "-f --format --short",
    "volumes": "--format -q --quiet",
    "wait": "--down-project",
    "watch": "--no-up --prune --quiet",
}
COMPOSE = table.find("compose", "shell")


def test_each_verb_is_compared() -> None:
    assert sorted(OPTIONS) == sorted(verb.name for verb in COMPOSE.verbs)


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_is_taken_or_refused_by_name(name: str) -> None:
    verb = next(verb for verb in COMPOSE.verbs if verb.name == name)
    taken = {word for argument in verb.arguments_in("shell") for word in argument.names}
    dry = set() if name in ("ls", "version") else {"--dry-run"}
    assert sorted(({*OPTIONS[name].split()} | dry) - taken - verb.refused.keys()) == []
    assert taken & verb.refused.keys() == set()


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(UsageError, match="up: --timestamps is not supported: compose logs -t has the times"):
        parse(COMPOSE, ("up", "--timestamps"), surface="shell", prog="x")
    with pytest.raises(UsageError, match="stop: --dry-run is not supported: up, create and down tell what they would"):
        parse(COMPOSE, ("stop", "--dry-run"), surface="shell", prog="x")
    # As in docker compose it is commit's, and not the name of a project.
    with pytest.raises(UsageError, match="commit: -p is not supported: the container is frozen meanwhile anyway"):
        parse(COMPOSE, ("commit", "-p", "web", "made:1"), surface="shell", prog="x")
    assert parse(COMPOSE, ("-p", "shop", "commit", "web"), surface="shell", prog="x").project_name == "shop"
