"""The options of compose's commands, named as docker compose's. Light: nothing of the room compose is loaded for it."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_containers.commands import committing, copying, looking, run, run_arguments, terminals
from jupyter_containers.commands.command import Argument, Takes
from jupyter_containers.commands.quantities import positive_number

BODY = "the Compose file"
# Options of docker compose that are not taken, with the reason, by the verb that has them; "" are those of all.
_PROGRESS = "what goes on is shown, and settles into a line"
_TEMPLATES = "it takes templates of Go; the result's records have all values"
_HIDDEN = "the file is written as it was read, checked and with its paths whole"
REFUSED: Mapping[str, Mapping[str, str]] = {
    "": {"--dry-run": "up, create and down tell what they would do"},
    "up": {
        "--menu": "there is no menu", "--always-recreate-deps": "name them, with --force-recreate",
        "--attach-dependencies": "what the services need is attached to anyway; --no-attach leaves it out",
        "--abort-on-container-failure": "--abort-on-container-exit ends all, or --exit-code-from SERVICE",
        "--quiet-pull": _PROGRESS, "--quiet-build": _PROGRESS, "--timestamps": "compose logs -t has the times",
        "--no-log-prefix": "several write into one stream; compose logs --no-log-prefix SERVICE has one without",
    },
    "create": {"--quiet-pull": _PROGRESS},
    "ps": {"--format": _TEMPLATES, "--orphans": "all containers of the project are listed"},
    "logs": {"--index": "logs of the container itself has it, as in logs shop-web-2"},
    "run": {
        **dict.fromkeys(("-d", "--detach"), "its end is waited for; up -d starts a service"),
        **dict.fromkeys(("-i", "--interactive"), "it has this terminal's keyboard, where there is one"),
        **dict.fromkeys(("-q", "--quiet", "--quiet-pull", "--quiet-build"), _PROGRESS),
        "--remove-orphans": "up has it", "--pull": "compose pull fetches it", "--use-aliases": "it has them anyway",
        "--env-from-file": "name the file under env_file of the service",
    },
    "config": {
        **dict.fromkeys(("--no-consistency", "--no-interpolate", "--no-normalize", "--no-path-resolution"), _HIDDEN),
        **dict.fromkeys(("--resolve-image-digests", "--lock-image-digests"), "no registry is asked; name a digest"),
        "--variables": "a variable that is not set is told", "--environment": "it is this process's, with .env over it",
        "--models": "there are none",
    },
    "build": {
        "--builder": "the daemon builds", "--push": "compose push sends them", "--print": "config writes the file out",
        "--check": "build --check looks for mistakes in a Dockerfile", "--ssh": "name it under build.ssh in the file",
        **dict.fromkeys(("-m", "--memory"), "no step has a limit of its own; build --memory of one Dockerfile has it"),
        **dict.fromkeys(("-q", "--quiet", "--progress"), _PROGRESS),
        **dict.fromkeys(("--provenance", "--sbom"), "no attestations are made"),
    },
    "pull": {
        **dict.fromkeys(("-q", "--quiet"), _PROGRESS), "--policy": "all is fetched; up --pull missing is for the rest",
    },
    "start": dict.fromkeys(("--wait", "--wait-timeout"), "up --wait returns when all are healthy"),
    "kill": {"--remove-orphans": "up and down have it"},
    "push": dict.fromkeys(("-q", "--quiet"), _PROGRESS),
    "images": {"--format": _TEMPLATES},
    "volumes": {"--format": _TEMPLATES},
    "ls": {"--format": _TEMPLATES},
}  # fmt: skip
STATES = ("created", "dead", "exited", "paused", "removing", "restarting", "running")
_COLOUR = Argument(("--no-color",), "as docker compose has it; no line is coloured here anyway", Takes.NOTHING)

_FILE = "a Compose file, if it is not the cell's body or compose.yaml"
_NAME = Argument(("-p", "--project-name"), "name of the project", metavar="NAME", default="")
_MORE = (
    Argument(("--profile",), "with the services of this profile; * for all", Takes.EACH, "NAME"),
    Argument(("--env-file",), "variables for the file, instead of those in .env", Takes.EACH, "PATH"),
    Argument(("--project-directory",), "what relative paths begin at", metavar="FOLDER", default=""),
)
# As docker compose has them, before the verb. Behind a verb, too; there -f is something else in some, as is -p.
LEADING = (Argument(("-f", "--file"), _FILE, Takes.EACH, "PATH"), _NAME, *_MORE)
NAMED = (Argument(("--file",), _FILE, Takes.EACH, "PATH"), _NAME, *_MORE)

SERVICES = Argument(("service",), "only these", Takes.ANY, "SERVICE")
SERVICE = Argument(("service",), "name of the service", metavar="SERVICE")
TIMEOUT = Argument(("-t", "--timeout"), "seconds until what is stopped is killed", metavar="SECONDS", parse=int)
INDEX = Argument(("--index",), "in which of the service's containers", metavar="NUMBER", parse=int, default=0)
FORMAT = Argument(("--format",), "yaml or json", metavar="KIND", default="yaml", choices=("yaml", "json"))
NO_DEPS = Argument(("--no-deps",), "without what the services need", Takes.NOTHING)
ORPHANS = Argument(("--remove-orphans",), "remove containers whose services are not in the file", Takes.NOTHING)

UP = (
    Argument(("-d", "--detach"), "start them and return", Takes.NOTHING),
    Argument(("--wait",), "return when all run and are healthy", Takes.NOTHING),
    Argument(("--wait-timeout",), "wait not longer than so many seconds", metavar="SECONDS", parse=positive_number),
    Argument(("--build",), "build images that are there already, too", Takes.NOTHING),
    Argument(("--no-build",), "build no image", Takes.NOTHING),
    Argument(
        ("--pull",), "fetch images: always, missing or never", metavar="WHEN", default="",
        choices=("always", "missing", "never", "build"),
    ),
    Argument(("--scale",), "so many containers of a service", Takes.EACH, "SERVICE=NUMBER"),
    Argument(("--force-recreate",), "make containers anew though nothing has changed", Takes.NOTHING),
    Argument(("--no-recreate",), "make no container anew, whatever has changed", Takes.NOTHING),
    Argument(("-V", "--renew-anon-volumes"), "with new nameless volumes", Takes.NOTHING),
    NO_DEPS,
    Argument(("--no-start",), "make the containers, and start none", Takes.NOTHING),
    ORPHANS,
    Argument(("--abort-on-container-exit",), "stop all when one ends", Takes.NOTHING),
    Argument(
        ("--exit-code-from",), "stop all when this service ends, with its exit code", metavar="SERVICE", default=""
    ),
    Argument(("--attach",), "show the output of these only", Takes.EACH, "SERVICE"),
    Argument(("--no-attach",), "do not show the output of these", Takes.EACH, "SERVICE"),
    TIMEOUT,
    _COLOUR,
    Argument(("-y", "--yes"), "as docker compose has it; nothing is asked anyway", Takes.NOTHING),
    Argument(("-w", "--watch"), "do what the file's develop.watch says when files change", Takes.NOTHING),
    Argument(("--dry-run",), "tell what would be done", Takes.NOTHING),
    SERVICES,
)  # fmt: skip
WATCH = (
    Argument(("--no-up",), "watch services that run; build and start none", Takes.NOTHING),
    Argument(("--prune",), "remove what a rebuilt image leaves nameless; that is the rule", Takes.NOTHING),
    Argument(("--no-prune",), "keep it", Takes.NOTHING),
    Argument(("--quiet",), "as docker compose has it; builds are told in one line anyway", Takes.NOTHING),
    SERVICES,
)
CP = (INDEX, *(one for one in copying.CP.arguments if one.is_option), *(
    Argument(
        one.names, one.help.replace("CONTAINER", "SERVICE"), metavar=one.metavar, parse=one.parse,
    ) for one in copying.CP.arguments if not one.is_option
))  # fmt: skip
EXPORT = (INDEX, *(one for one in committing.EXPORT.arguments if one.is_option), SERVICE)
COMMIT = (
    INDEX,
    *(one for one in committing.COMMIT.arguments if one.is_option),
    SERVICE,
    *(one for one in committing.COMMIT.arguments if "name" in one.names),
)
EVENTS = (
    Argument(("--json",), "a line of JSON for each", Takes.NOTHING),
    Argument(("--since",), "not before this time, or so long ago (10m)", metavar="TIME", default=""),
    Argument(("--until",), "not after this time (0s: what has been)", metavar="TIME", default=""),
    SERVICES,
)
WAIT = (Argument(("--down-project",), "take the project down when the first ends", Takes.NOTHING), SERVICES)
STATS = (*(one for one in looking.STATS.arguments if one.is_option), SERVICES)
ATTACH = (INDEX, *(one for one in terminals.ATTACH.arguments if one.is_option), SERVICE)
_CREATE = frozenset({
    "--build", "--no-build", "--pull", "--scale", "--force-recreate", "--no-recreate", "--remove-orphans", "--dry-run",
    "--yes", "service",
})  # fmt: skip
CREATE = tuple(one for one in UP if _CREATE & {*one.names})
SCALE = (NO_DEPS, Argument(("scale",), "how many containers of which service", Takes.MANY, "SERVICE=NUMBER"))
DOWN = (
    Argument(("-v", "--volumes"), "with the project's volumes, and what is in them", Takes.NOTHING),
    Argument(("--rmi",), "with images: all, or local for those without a name", metavar="WHICH", default="",
             choices=("all", "local")),
    ORPHANS,
    TIMEOUT,
    Argument(("--dry-run",), "tell what would be done", Takes.NOTHING),
    SERVICES,
)  # fmt: skip
PS = (
    Argument(("-a", "--all"), "also those that do not run", Takes.NOTHING),
    Argument(("-q", "--quiet"), "only ids", Takes.NOTHING),
    Argument(("--services",), "only names of services", Takes.NOTHING),
    Argument(("--status",), "only those that are so, such as exited", Takes.EACH, "STATE", choices=STATES),
    Argument(("--filter",), "status=STATE, as --status", Takes.EACH, "status=STATE"),
    Argument(("--no-trunc",), "whole commands", Takes.NOTHING),
    SERVICES,
)
LOGS = (
    Argument(("-f", "--follow"), "go on until all have ended, or you interrupt", Takes.NOTHING),
    Argument(("-n", "--tail"), "only the last NUMBER lines of each", metavar="NUMBER", default="all"),
    Argument(("--since",), "not before this time, or so long ago (10m)", metavar="TIME", default=""),
    Argument(("--until",), "not after this time", metavar="TIME", default=""),
    Argument(("-t", "--timestamps"), "with times", Takes.NOTHING),
    Argument(("--no-log-prefix",), "without the names of containers", Takes.NOTHING),
    _COLOUR,
    SERVICES,
)
# As of exec itself; its files of variables are those of the project, as in docker compose.
EXEC = (
    *(one for one in run.EXEC.arguments if not {"container", "command", "--env-file"} & {*one.names}),
    Argument(("-T", "--no-tty"), "without a terminal", Takes.NOTHING),
    INDEX,
    SERVICE,
    Argument(("command",), "command and arguments", Takes.REST, "COMMAND"),
)
RUN = (
    Argument(("--rm",), "remove it when it ends (in a notebook that is the rule)", Takes.NOTHING),
    NO_DEPS,
    Argument(("-e", "--env"), "set a variable; NAME alone takes this process's value", Takes.EACH, "NAME=VALUE"),
    Argument(("-w", "--workdir"), "working directory inside", metavar="PATH", default=""),
    Argument(("-u", "--user"), "user inside, by name or number", metavar="USER[:GROUP]", default=""),
    Argument(("-v", "--volume"), "mount a folder or a volume inside, too", Takes.EACH, "SOURCE:PATH[:ro]"),
    Argument(("-l", "--label"), "put a label on it, too", Takes.EACH, "NAME=VALUE"),
    Argument(("-p", "--publish"), "publish a port, too", Takes.EACH, "[[IP:]HOST:]PORT"),
    Argument(("--cap-add",), "give it a capability, too", Takes.EACH, "NAME"),
    Argument(("--cap-drop",), "take a capability away, too", Takes.EACH, "NAME"),
    Argument(("--entrypoint",), "run this instead of the image's entrypoint", metavar="COMMAND"),
    Argument(("--name",), "name of the container", metavar="NAME", default=""),
    Argument(("-P", "--service-ports"), "publish the service's ports", Takes.NOTHING),
    Argument(("--build",), "build the image first", Takes.NOTHING),
    Argument(("-T", "--no-tty"), "without a terminal", Takes.NOTHING),
    run_arguments.NO_RAISE,
    SERVICE,
    Argument(("command",), "command and arguments; default is the service's own", Takes.REST, "COMMAND"),
)
CONFIG = (
    FORMAT,
    Argument(("-o", "--output"), "write into this file", metavar="PATH", default=""),
    Argument(
        ("--hash",),
        "only the fingerprints of services: names with commas between, or *",
        metavar="SERVICES",
        default="",
    ),
    Argument(("-q", "--quiet"), "only check the file", Takes.NOTHING),
    Argument(("--services",), "only names of services", Takes.NOTHING),
    Argument(("--volumes",), "only names of volumes", Takes.NOTHING),
    Argument(("--networks",), "only names of networks", Takes.NOTHING),
    Argument(("--images",), "only names of images", Takes.NOTHING),
    Argument(("--profiles",), "only names of profiles", Takes.NOTHING),
    Argument(("service",), "only these, and what they need", Takes.ANY, "SERVICE"),
)
BUILD = (
    Argument(("--no-cache",), "do every step again", Takes.NOTHING),
    Argument(("--pull",), "ask registries for newer base images", Takes.NOTHING),
    Argument(("--build-arg",), "set an ARG; NAME alone takes this process's value", Takes.EACH, "NAME=VALUE"),
    Argument(("--with-dependencies",), "with the services that these need", Takes.NOTHING),
    SERVICES,
)
PULL = (
    Argument(("--include-deps",), "with the services that these need", Takes.NOTHING),
    Argument(("--ignore-buildable",), "not those that can be built", Takes.NOTHING),
    Argument(("--ignore-pull-failures",), "go on with the next when one fails", Takes.NOTHING),
    SERVICES,
)
PUSH = (
    Argument(("--include-deps",), "with the services that these need", Takes.NOTHING),
    Argument(("--ignore-push-failures",), "go on with the next when one fails", Takes.NOTHING),
    SERVICES,
)
REMOVE = (
    Argument(("-f", "--force"), "ask nothing; nothing is asked in any case", Takes.NOTHING),
    Argument(("-s", "--stop"), "stop those that run first", Takes.NOTHING),
    Argument(("-v", "--volumes"), "with their nameless volumes", Takes.NOTHING),
    SERVICES,
)
KILL = (Argument(("-s", "--signal"), "which (default KILL)", metavar="SIGNAL", default="KILL"), SERVICES)
LIST = (
    Argument(("-a", "--all"), "also those of which nothing runs", Takes.NOTHING),
    Argument(("-q", "--quiet"), "only names", Takes.NOTHING),
    Argument(("--filter",), "name=TEXT: only those whose name has it", Takes.EACH, "name=TEXT"),
)
IMAGES = (Argument(("-q", "--quiet"), "only ids", Takes.NOTHING), SERVICES)
VOLUMES = (Argument(("-q", "--quiet"), "only names", Takes.NOTHING), SERVICES)
VERSION = (
    Argument(("-f", "--format"), "pretty or json", metavar="KIND", default="pretty", choices=("pretty", "json")),
    Argument(("--short",), "only the number", Takes.NOTHING),
)
PORT = (
    Argument(("--protocol",), "tcp or udp", metavar="PROTOCOL", default="tcp", choices=("tcp", "udp")),
    INDEX,
    SERVICE,
    Argument(("port",), "the port inside", metavar="PORT", parse=int),
)
