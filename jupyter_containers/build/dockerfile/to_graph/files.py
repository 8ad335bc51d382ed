"""COPY, ADD and WORKDIR: files on the stage's top."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from jupyter_containers.build.dockerfile.arguments import is_git, is_url
from jupyter_containers.build.dockerfile.ignore import IgnoreRules
from jupyter_containers.build.dockerfile.instructions import Copy, Statement, Workdir
from jupyter_containers.build.dockerfile.lines import Heredoc, Line
from jupyter_containers.build.dockerfile.stages import Dockerfile, image_key
from jupyter_containers.build.dockerfile.to_graph.state import StageState
from jupyter_containers.build.dockerfile.wildcards import BadPattern
from jupyter_containers.build.graph import Vertex, vertex
from jupyter_containers.build.operations.definitions import CopyFiles, ImageRoot, InlineFile, MakeDirectory
from jupyter_containers.build.operations.modes import ModeChange
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images.walk import Image
from jupyter_containers.linux.trees import is_file_name
from jupyter_containers.repositories.addresses import checksum_of
from jupyter_containers.repositories.addresses import parse as parse_address

_MAX_MODE_LENGTH = 200
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


def copy(
    state: StageState,
    instruction: Copy,
    statement: Statement,
    *,
    dockerfile: Dockerfile,
    stages: Mapping[int, StageState],
    images: Mapping[str, Image],
) -> None:
    """Add a copy from the context, a stage or an image."""
    line = statement.line
    sources = tuple(state.expand(source, line) for source in instruction.sources)
    destination = state.expand(instruction.destination, line)
    if not destination:
        raise line.error(f"{line.word} requires a destination, and this one is empty after expansion")
    owner, mode = state.expand(instruction.owner, line), state.expand(instruction.mode, line)
    remote = tuple(source for source in sources if is_url(source))
    _check_remote(remote, instruction, line)
    operation = CopyFiles(
        tuple(source for source in sources if source not in remote),
        absolute(destination, state.working_dir),
        owner,
        _mode(mode, line),
        instruction.unpacks and instruction.unpack is not False,
        tuple(InlineFile(file_name(h, line), _content(state, statement, h)) for h in instruction.heredocs),
        remote=remote,
        unpacks_remote=instruction.unpack is True,
        keep_git_dir=instruction.keep_git_dir,
        checksum=_checksum(state, instruction, line, sources),
        with_parents=instruction.with_parents,
        excludes=_excludes(state, instruction, line),
        is_linked=instruction.is_linked,
        word=line.word,
    )
    _check_destination(instruction, sources, destination, line)
    source = instruction.source
    inputs = (origin(source, dockerfile, stages, images, before=state.number),) if source else ()
    shown = [*sources, *(f"<<{heredoc.name}" for heredoc in instruction.heredocs), destination]
    state.add_step(statement, _created_by(line.word, owner, mode, shown), operation=operation, inputs=inputs)


def _check_destination(instruction: Copy, sources: tuple[str, ...], destination: str, line: Line) -> None:
    several = len(sources) + len(instruction.heredocs) > 1 and not instruction.with_parents
    if several and not destination.endswith("/"):
        raise line.error(
            f"When using {line.word} with more than one source file, the destination must be a directory "
            "and end with a /"
        )


def _mode(text: str, line: Line) -> ModeChange | None:
    found = ModeChange.parse(text) if text and len(text) <= _MAX_MODE_LENGTH else None
    if text and found is None:
        raise line.error(
            f"invalid chmod parameter: '{text[:_MAX_MODE_LENGTH]}': it should be an octal number between 0 and 07777, "
            "or letters as u+x"
        )
    return found


def _checksum(state: StageState, instruction: Copy, line: Line, sources: tuple[str, ...]) -> str:
    text = state.expand(instruction.checksum, line)
    if not text:
        return ""
    if len(sources) != 1:
        raise line.error("checksum can't be specified for multiple sources")
    if not is_url(sources[0]):
        raise line.error("checksum can't be specified for non-HTTP(S) sources")
    if is_git(sources[0]):
        try:
            return checksum_of(text.removeprefix("sha1:"))
        except InvalidParameter as error:
            raise line.error(error.message) from error
    if not _SHA256.fullmatch(text):
        raise line.error(f"unsupported checksum {text!r}: write sha256: and 64 hexadecimal digits")
    return text


def _check_remote(remote: tuple[str, ...], instruction: Copy, line: Line) -> None:
    """Refuse what COPY does not fetch, what is no address, and --keep-git-dir of what has none, before any fetching."""
    if remote and not instruction.unpacks:
        raise line.error(f"source can't be a {'git ref' if is_git(remote[0]) else 'URL'} for COPY; use ADD")
    repositories = [source for source in remote if is_git(source)]
    if instruction.keep_git_dir and not repositories:
        raise line.error("keep-git-dir can only be specified for git sources")
    for source in repositories:
        try:
            parse_address(source)
        except InvalidParameter as error:
            raise line.error(error.message) from error


def _excludes(state: StageState, instruction: Copy, line: Line) -> tuple[str, ...]:
    patterns = tuple(state.expand(pattern, line) for pattern in instruction.excludes)
    try:
        IgnoreRules.of(patterns)
    except BadPattern as error:
        raise line.error(f"invalid --exclude: {error}") from error
    return patterns


def workdir(state: StageState, instruction: Workdir, statement: Statement) -> None:
    """Go to a directory, and make it, for the user so far. Relative ones add up."""
    path = state.expand(instruction.path, statement.line)
    if not path:
        raise statement.line.error("WORKDIR cannot be an empty path; give one after expansion")
    directory = absolute(path, state.working_dir).rstrip("/") or "/"
    state.change(working_dir=directory)
    operation = MakeDirectory(directory, state.process.user) if directory != "/" else None
    state.add_step(statement, f"WORKDIR {directory}", operation=operation)


def _created_by(word: str, owner: str, mode: str, shown: list[str]) -> str:
    flags = [f"--chown={owner}"] if owner else []
    flags += [f"--chmod={mode}"] if mode else []
    return f"{' '.join([word, *flags, *shown])} # buildkit"


def absolute(path: str, working_dir: str) -> str:
    """Return a clean absolute path, keeping the slash at the end that says it is a directory (also for `.`)."""
    joined = posixpath.normpath(posixpath.join("/", working_dir, path))
    joined = "/" + joined.lstrip("/")
    is_directory = path.endswith("/") or path.rpartition("/")[2] in {".", ".."}
    return f"{joined}/" if is_directory and joined != "/" else joined


def file_name(heredoc: Heredoc, line: Line) -> str:
    """Return the name of a heredoc that becomes a file. Raises DockerfileError for a path."""
    if not is_file_name(heredoc.name):
        raise line.error(f"the heredoc's word {heredoc.name[:300]!r} is to be the name of a file, without a path")
    return heredoc.name


def _content(state: StageState, statement: Statement, heredoc: Heredoc) -> str:
    return state.expand_content(heredoc.content, statement.line) if heredoc.expand else heredoc.content


def origin(
    name: str,
    dockerfile: Dockerfile,
    stages: Mapping[int, StageState],
    images: Mapping[str, Image],
    *,
    before: int,
) -> Vertex:
    """Return the files that `--from` names in stage number `before`."""
    stage = dockerfile.find(name, before)
    if stage is not None:
        return stages[stage.number].top
    folder = dockerfile.folder(name)
    if folder is not None:
        return folder_root(folder)
    image = None if dockerfile.is_scratch(name) else images[image_key(name, dockerfile.platform)]
    return vertex(ImageRoot(image))


def folder_root(name: str) -> Vertex:
    """Return the files of a named context as a root of their own: all of them, less what its ignore file names."""
    return vertex(CopyFiles((".",), "/", context=name, word="FROM"), (vertex(ImageRoot(None)),))
