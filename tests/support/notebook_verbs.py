"""Each command of the table once, as a cell: what it shows, and what a daemon says that is not ours and lacks it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.support.notebook_kernel import Kernel, Reply

MIME = "application/vnd.jupyter-containers.{}+json"
BOX = "%container run -d --name box busybox sleep 100"
# Like an image of a registry, but nothing is fetched.
COPY = "%container tag busybox copy:1"


@dataclass(frozen=True)
class Case:
    """`kind` and `text` (a pattern) are what the cell shows; `lacks` is what a daemon says that is not ours, or ""."""

    words: str
    cell: str
    kind: str
    text: str = ""
    before: tuple[str, ...] = ()
    lacks: str = ""


CASES = (
    Case("build", "%%container build -t made\nFROM busybox\nRUN echo x > /x\n", "build", "built "),
    Case("image build", "%%container image build -t made\nFROM busybox\nLABEL a=b\n", "build", "built "),
    Case("builder build", "%%container builder build -t made\nFROM busybox\nLABEL a=c\n", "build", "built "),
    Case("run", "%%container run busybox\necho hello\n", "run", "^hello$"),
    Case("container run", "%container container run busybox echo hello", "run", "^hello$"),
    Case("exec", "%%container exec box\necho in $HOME\n", "run", "^in /", (BOX,)),
    Case("container exec", "%container container exec box echo in", "run", "^in$", (BOX,)),
    Case("ps", "%container ps", "containers", r"busybox .* box$", (BOX,)),
    Case("container ls", "%container container ls -a -s", "containers", r"virtual", (BOX,)),
    Case("logs", "%container logs box", "logs", "^kept$", ("%container run --name box busybox echo kept",)),
    Case("container logs", "%container container logs -t box", "logs", r"^\d{4}-.*Z kept$",
         ("%container run --name box busybox echo kept",)),
    Case("start", "%container start box", "message", "^started box$", (BOX, "%container kill box")),
    Case("container start", "%container container start box", "message", "^started box$",
         (BOX, "%container kill box")),
    Case("stop", "%container stop -t 0 box", "message", "^stopped box$", (BOX,)),
    Case("container stop", "%container container stop -s KILL box", "message", "^stopped box$", (BOX,)),
    Case("kill", "%container kill -s TERM box", "message", "^sent TERM to box$", (BOX,)),
    Case("container kill", "%container container kill box", "message", "^sent KILL to box$", (BOX,)),
    Case("rm", "%container rm -f box", "message", "^removed box$", (BOX,)),
    Case("container rm", "%container container rm -f -v box", "message", "^removed box$", (BOX,)),
    Case("restart", "%container restart -t 0 box", "message", "^restarted box$", (BOX,)),
    Case("container restart", "%container container restart -t 0 box", "message", "^restarted box$", (BOX,)),
    Case("pause", "%container pause box", "message", "^paused box$", (BOX,)),
    Case("container pause", "%container container pause box", "message", "^paused box$", (BOX,)),
    Case("unpause", "%container unpause box", "message", "^unpaused box$", (BOX, "%container pause box")),
    Case("container unpause", "%container container unpause box", "message", "^unpaused box$",
         (BOX, "%container pause box")),
    Case("wait", "%container wait box", "message", "^137$", (BOX, "%container kill box")),
    Case("container wait", "%container container wait box", "message", "^137$", (BOX, "%container kill box")),
    Case("rename", "%container rename box chest", "message", "^box is called chest now$", (BOX,)),
    Case("container rename", "%container container rename box chest", "message", "chest now$", (BOX,)),
    Case("update", "%container update --pids-limit 50 box", "message", "^updated box$", (BOX,)),
    Case("container update", "%container container update --memory 64m --memory-swap 64m box", "message", "updated box",
         (BOX,)),
    Case("top", "%container top box", "processes", "sleep 100", (BOX,)),
    Case("container top", "%container container top box -o pid,comm", "processes", "sleep", (BOX,)),
    Case("stats", "%container stats --no-stream box", "stats", r"box .*%.* 1$", (BOX,)),
    Case("container stats", "%container container stats --no-stream box", "stats", r"box .*%", (BOX,)),
    Case("diff", "%container diff box", "changes", "^A +/new$", (BOX, "%container exec box touch /new")),
    Case("container diff", "%container container diff box", "changes", "/new", (BOX, "%container exec box touch /new")),
    Case("port", "%container port box 80", "message", r"^127\.0\.0\.1:\d+$",
         ("%container run -d --name box -p 127.0.0.1::80 busybox sleep 100",)),
    Case("container port", "%container container port box", "message", r"^80/tcp -> 127\.0\.0\.1:\d+$",
         ("%container run -d --name box -p 127.0.0.1::80 busybox sleep 100",)),
    Case("cp", "%container cp box:/etc/made .", "message", "^copied box:/etc/made to .$",
         (BOX, "%container exec box sh -c 'mkdir -p /etc; echo x > /etc/made'")),
    Case("container cp", "open('file', 'w').write('x')\n%container container cp file box:/tmp/file", "message",
         "copied file to box:/tmp/file", (BOX, "%container exec box mkdir -p /tmp")),
    Case("commit", "%container commit -m why box committed", "message", "^made committed of box$", (BOX,)),
    Case("container commit", "%container container commit box committed:2", "message", "^made committed:2 of box$",
         (BOX,)),
    Case("export", "%container export -o box.tar box", "message", r"^wrote box.tar \(", (BOX,)),
    Case("container export", "%container container export -o box.tar box", "message", r"^wrote box.tar \(", (BOX,)),
    Case("container inspect", "%container container inspect box", "inspect", '"Name": "/box"', (BOX,)),
    Case("inspect", "%container inspect busybox", "inspect", '"busybox:latest"'),
    Case("container prune", "%container container prune", "message", r"^removed 1 containers; .* are free again$",
         (BOX, "%container kill box")),
    Case("images", "%container images --filter reference=busybox", "images", r"busybox +latest"),
    Case("image ls", "%container image ls --digests", "images", r"DIGEST"),
    Case("tag", COPY, "message", "^busybox is also called copy:1$"),
    Case("image tag", "%container image tag busybox copy:2", "message", "copy:2$"),
    Case("rmi", "%container rmi copy:1", "message", "^removed copy:1$", (COPY,)),
    Case("image rm", "%container image rm copy:1", "message", "^removed copy:1$", (COPY,)),
    Case("history", "%container history made", "history", "RUN echo x > /x|echo x > /x",
         ("%%container build -t made\nFROM busybox\nRUN echo x > /x\n",)),
    Case("image history", "%container image history -q busybox", "message", r"^[0-9a-f]{12}$"),
    Case("image inspect", "%container image inspect busybox", "inspect", '"busybox:latest"'),
    Case("image diff", "%container image diff busybox busybox", "image-diff", "files: no difference"),
    Case("save", "%container save -o saved.tar busybox", "message", r"^wrote saved.tar \("),
    Case("image save", "%container image save -o saved.tar busybox", "message", r"^wrote saved.tar \("),
    Case("load", "%container load -i saved.tar", "message", "^Loaded image: busybox:latest$",
         ("%container save -o saved.tar busybox",)),
    Case("image load", "%container image load -i saved.tar", "message", "Loaded image: busybox:latest",
         ("%container save -o saved.tar busybox",)),
    Case("import", "%container import box.tar imported", "message", "^made imported of box.tar$",
         (BOX, "%container export -o box.tar box")),
    Case("image import", "%container image import -c 'CMD [\"ls\"]' box.tar imported", "message", "made imported of",
         (BOX, "%container export -o box.tar box")),
    Case("image prune", "%container image prune", "message", "are free again$"),
    Case("builder prune", "%container builder prune -a", "message", "are free again$"),
    Case("network create", "%container network create --label a=b --internal inner", "message", "^made inner$"),
    Case("network ls", "%container network ls", "networks", "bridge +bridge +local"),
    Case("network inspect", "%container network inspect bridge", "inspect", '"Name": "bridge"'),
    Case("network connect", "%container network connect --alias b inner box", "message", "^connected box to inner$",
         (BOX, "%container network create inner")),
    Case("network disconnect", "%container network disconnect inner box", "message", "^disconnected box from inner$",
         (BOX, "%container network create inner", "%container network connect inner box")),
    Case("network rm", "%container network rm inner", "message", "^removed inner$",
         ("%container network create inner",)),
    Case("network prune", "%container network prune", "message", "inner", ("%container network create inner",)),
    Case("volume create", "%container volume create --label a=b kept", "message", "^made kept$"),
    Case("volume ls", "%container volume ls", "volumes", "local +kept", ("%container volume create kept",)),
    Case("volume inspect", "%container volume inspect kept", "inspect", '"Name": "kept"',
         ("%container volume create kept",)),
    Case("volume rm", "%container volume rm kept", "message", "^removed kept$", ("%container volume create kept",)),
    Case("volume prune", "%container volume prune --filter label=none", "message", "^nothing to remove$"),
    Case("system df", "%container system df", "disk-usage", "RECLAIMABLE"),
    Case("system prune", "%container system prune -f", "message", "are free again$"),
    Case("system info", "%container system info", "table", "OperatingSystem"),
    Case("system events", "%container system events --since 1h --until 0s", "events", "container"),
    Case("events", "%container events --since 1h --until 0s --filter type=container", "events", "container start box",
         (BOX,)),
    Case("info", "%container info", "table", "ServerVersion"),
    Case("version", "%container version", "table", "ApiVersion"),
    Case("status", "%container status", "message", "using the daemon at unix://"),
    Case("use", "%container use", "message", "^using the daemon at unix://"),
    Case("doctor", "%container doctor", "doctor", "containers can"),
    Case("config", "%container config", "settings", "short_errors +true"),
    Case("logout", "%container logout 127.0.0.1:1", "message", "^not logged in to 127.0.0.1:1$"),
    Case("debug", "%container debug --list", "table", "STEP", lacks="not ours"),
    Case("registry status", "%container registry status", "message", "the daemon serves no registry", lacks="not ours"),
    Case("registry serve", "%container registry serve --listen 127.0.0.1:0", "message", "^registry at http://127.0.0.1",
         lacks="not ours"),
    Case("registry stop", "%container registry stop", "message", "^stopped the registry at http://",
         ("%container registry serve --listen 127.0.0.1:0",), lacks="not ours"),
    Case("trace", "%container trace box", "trace", "clone|unshare", (BOX,), lacks="not ours"),
)  # fmt: skip

# Commands of the table, or whole groups of them, whose cells are in tests of their own.
ELSEWHERE = {
    "attach": "browser/test_terminal.py",
    "compose": "integration/magics/test_compose.py",
    "dashboard": "browser/test_dashboard.py",
    "diagram": "browser/test_diagrams.py",
    "layers": "browser/test_layers.py",
    "image layers": "browser/test_layers.py",
    "push": "integration/magics/test_verbs.py",
    "pull": "integration/magics/test_verbs.py",
    "image push": "integration/magics/test_verbs.py",
    "image pull": "integration/magics/test_verbs.py",
    "image bootstrap": "integration/engine/test_bootstraps.py",
    "kernel": "integration/kernels/test_provisioner.py",
    "python": "integration/magics/test_variables.py",
    "login": "integration/magics/test_logins.py",
    "sandbox": "integration/magics/test_sandboxes.py",
    "freeze": "integration/magics/test_freezes.py",
}


def perform(kernel: Kernel, case: Case, *, may_fail: bool = False) -> Reply:
    """Run the cells of a case; return what the last one left, or with `may_fail` the first one that failed."""
    for cell in case.before:
        reply = kernel.run(cell)
        if reply.error is not None and may_fail:
            return reply
        assert reply.error is None, reply.error_lines
    return kernel.run(case.cell)


def check(reply: Reply, case: Case) -> None:
    """Check that a cell has settled into one bundle of the right kind that says the right thing."""
    assert reply.error is None, reply.error_lines
    bundles = [output for output in reply.outputs if output["kind"] != "stream"]
    forms = {name for name in bundles[-1] if name.startswith("application/vnd.jupyter-containers.")}
    assert forms == {MIME.format(case.kind)}, (forms, reply.text)
    assert bundles[-1]["text/html"]
    assert re.search(case.text, bundles[-1]["text/plain"], re.MULTILINE), bundles[-1]["text/plain"]
