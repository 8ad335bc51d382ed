"""Build checks: what is legal in a Dockerfile and probably not meant, by the names of BuildKit's rules. Pure.

    check.check     document + statements → findings, in the order of the file; what `# check=` leaves out is left out
    style.py        how things are written: case, old forms, comments
    stages.py       what a stage has twice, too much, or under a reserved name
    variables.py    variables that nothing defines, and secrets in those that are

Each rule is a generator from a Subject to findings; check.RULES is all of them. Nothing here is an error: a build goes
on, unless `error=true`. Source: the list of rules in the documentation of docker build's checks.
"""
