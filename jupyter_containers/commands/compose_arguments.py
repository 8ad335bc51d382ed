"""The options of compose's commands, named as docker compose's. Light: nothing of the room compose is loaded for it."""

from __future__ import annotations

from jupyter_containers.commands import run, run_arguments
from jupyter_containers.commands.command import Argument, Takes
from jupyter_containers.commands.quantities import positive_number
from jupyter_containers.commands.session import SHELL

BODY = "the Compose file"

_FILE = "a Compose file, if it is not the cell's body or compose.yaml"
_NAME = Argument(("-p", "--project-name"), "name of the project", metavar="NAME", default="")
_MORE = (
    Argument(("--profile",), "with the services of this profile; * for all", Takes.EACH, "NAME"),
    Argument(("--env-file",), "variables for the file, instead of those in .env", Takes.EACH, "PATH"),
    Argument(("--project-directory",), "what relative paths begin at", metavar="FOLDER", default=""),
)
# As docker compose has them, before the verb. Behind a verb, too; there -f is something else in some.
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
    Argument(("--dry-run",), "tell what would be done", Takes.NOTHING),
    SERVICES,
)  # fmt: skip
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
    SERVICES,
)
LOGS = (
    Argument(("-f", "--follow"), "go on until all have ended, or you interrupt", Takes.NOTHING),
    Argument(("-n", "--tail"), "only the last NUMBER lines of each", metavar="NUMBER", default="all"),
    Argument(("--since",), "not before this time, or so long ago (10m)", metavar="TIME", default=""),
    Argument(("--until",), "not after this time", metavar="TIME", default=""),
    Argument(("-t", "--timestamps"), "with times", Takes.NOTHING),
    Argument(("--no-log-prefix",), "without the names of containers", Takes.NOTHING),
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
    Argument(("--rm",), "remove it when it ends (in a notebook that is the rule)", Takes.NOTHING, only_in=SHELL),
    NO_DEPS,
    Argument(("-e", "--env"), "set a variable; NAME alone takes this process's value", Takes.EACH, "NAME=VALUE"),
    Argument(("-w", "--workdir"), "working directory inside", metavar="PATH", default=""),
    Argument(("-u", "--user"), "user inside, by name or number", metavar="USER[:GROUP]", default=""),
    Argument(("-v", "--volume"), "mount a folder or a volume inside, too", Takes.EACH, "SOURCE:PATH[:ro]"),
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
)
