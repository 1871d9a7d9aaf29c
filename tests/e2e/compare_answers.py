"""Compares the answers of two programs to one sequence of requests, for scripts/compare-answers.

Ends with 1 if the compatible API's answers differ in anything but human text.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "shared"))

from answers.difference import Difference, compare  # noqa: E402
from answers.masked import masked  # noqa: E402
from answers.recorder import Exchange, Recorder  # noqa: E402
from answers.sequence import Sequence  # noqa: E402
from google_stack import GoogleStack  # noqa: E402
from stack import Stack  # noqa: E402
from up import Up  # noqa: E402


# Characters of an access token that lists and events show.
TOKEN_PREFIX = 6


def record(program: Path, directory: Path) -> list[Exchange]:
    """The masked answers of a program to the whole sequence."""
    os.environ["UNDERPASS_BIN"] = str(program)
    up = Up(directory).start()
    azure, google = Stack(up), GoogleStack(up)
    recorder = Recorder(up.ready["api"], up.token)
    try:
        Sequence(azure, google, recorder).run()
    finally:
        google.close()
        azure.close()
    own = own_texts(up, recorder.exchanges)
    return [masked(it, own) for it in recorder.exchanges]


def own_texts(up: Up, exchanges: list[Exchange]) -> dict[str, str]:
    """Texts of this run alone with their masks: addresses, directories and tokens."""
    ready = up.ready
    own = {
        str(up.directory): "[directory]",
        up.token: "[token]",
        up.token[:TOKEN_PREFIX]: "[token prefix]",
        ready["api"]: "[api]",
        ready["dns"]: "[dns]",
        ready["azure"]["url"]: "[azure]",
        ready["google"]["url"]: "[google]",
        ".".join(ready["consumer_cidr"].split(".")[:2]) + ".": "[consumers].",
    }
    for body in (it.body for it in exchanges if isinstance(it.body, dict)):
        for name in ("full_token", "token_prefix"):
            if isinstance(body.get(name), str):
                own.setdefault(body[name], f"[{name}]")
    return own


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/compare-answers", description=__doc__)
    parser.add_argument("old", type=Path, help="Program whose answers are the reference")
    parser.add_argument("new", type=Path, help="Program whose answers are compared")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        recordings = [
            record(program.resolve(), Path(directory) / name)
            for name, program in (("old", arguments.old), ("new", arguments.new))
        ]
    return report(*recordings)


def report(old: list[Exchange], new: list[Exchange]) -> int:
    if len(old) != len(new):
        print(f"{len(old)} answers before, {len(new)} after", file=sys.stderr)
        return 1
    found: dict[str, list[Difference]] = {"compatible": [], "own": [], "text": []}
    for before, after in zip(old, new, strict=True):
        for it in compare(before, after):
            kind = "compatible" if before.is_compatible else "own"
            found["text" if it.is_text else kind].append(it)
    for title, kind in (
        ("Human text that changed", "text"),
        ("Answers of Underpass's own API that differ", "own"),
        ("Answers of the compatible API that differ", "compatible"),
    ):
        print(f"== {title}: {len(found[kind])}")
        for it in dict.fromkeys(map(str, found[kind])):
            print(it)
    compatible = sum(it.is_compatible for it in old)
    print(f"{len(old)} answers compared, {compatible} of them of the compatible API")
    return 1 if found["compatible"] else 0


if __name__ == "__main__":
    sys.exit(main())
