"""Dockerfiles: honest passes from text to a graph. Pure: bytes in, values out; no file, no clock, no kernel.

    lines.read         text → instructions as written, with line ranges, comments and continuations gone, heredocs kept
    instructions.parse line → one typed value; expansion waits, because only the stage knows its variables
    stages.divide      values → stages, and which of them the target needs
    triggers           stages + what base images left with ONBUILD → the same, with those lines after FROM
    to_graph.plan      stages + base images' configs → steps, each with its vertex or its change of the config

Every error is a DockerfileError with the range of lines, so that a notebook can underline them. expand.py knows the
words of the shell, wildcards.py those of Go's path matching, ignore.py the ignore file, mounts.py RUN --mount; checks/
warns of what is legal and probably not meant. Cases for tests are folders in tests/unit/build/dockerfile/cases: adding
one needs no code.
"""
