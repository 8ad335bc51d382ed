"""Write expected.json of the corpus's cases as the reference builds them.

COMPAT_HOST=unix:///path/to/docker.sock python -m tests.compat.corpus_record [NAME…]     those with this reference
OUR_HOST=unix:///path/to/daemon.sock    python -m tests.compat.corpus_record NAME…       a draft of what is documented,
                                                                                         to be read beside the reference
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.support.api_client import Api
from tests.support.corpus import BASE, Case, NotBuilt, build_case, looks_of_base, names, remove_images
from tests.support.corpus_context import archive, base_image
from tests.support.daemon import Docker
from tests.support.web_files import web_files


def main(wanted: list[str]) -> None:
    """Record the cases, all that the daemon is the reference of if none is named."""
    is_reference = "COMPAT_HOST" in os.environ
    host = os.environ["COMPAT_HOST" if is_reference else "OUR_HOST"]
    api = Api(host.removeprefix("unix://"), "1.41")
    Docker(host)("import", "-c", "ENV PATH=/bin", "-c", 'CMD ["sh"]', "-", BASE, stdin=base_image())
    base = looks_of_base(api)
    kind = "dockerd" if is_reference else "documentation"
    cases = [case for case in map(Case.read, wanted or names()) if case.reference == kind]
    for case in cases:
        with (
            web_files({"/archive.tar": archive(), "/text": b"from the web\n"}) as web,
            tempfile.TemporaryDirectory() as d,
        ):
            try:
                found = build_case(case, api, Path(d), web, base, is_reference=is_reference)
            except NotBuilt as error:
                print(f"{case.name}: {'' if case.fails else 'NOT BUILT: '}{error}")
                continue
        if case.fails:
            print(f"{case.name}: was built, and should not")
            continue
        case.expected_path.write_text(f"{json.dumps(found, indent=1)}\n")
        remove_images(api, case)
        print(f"{case.name}: recorded")


if __name__ == "__main__":
    main(sys.argv[1:])
