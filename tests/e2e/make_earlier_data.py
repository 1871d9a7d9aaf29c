"""Makes a data directory of an earlier build for `test_earlier_data.py`.

    target/venv/bin/python tests/e2e/make_earlier_data.py PROGRAM COMMIT

PROGRAM is an `underpass` built from COMMIT. It is filled with everything that is stored: services
of several types, links on both clouds, connections in every state, users, tokens, VPCs, static IPs,
Kafka brokers, and operations under way. Then it is shut down, and the directory goes to
`tests/e2e/data/COMMIT.tar.gz`, together with the answers that it gave (`expected.json`). Everything
in it belongs to emulated clouds, so its keys and tokens open nothing else.
"""

import argparse
import json
import os
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "shared"))

from earlier_data import (  # noqa: E402
    CONSUMERS, PROCESS_PORTS, SLOW, Filled, at_the_clouds, shown,
)  # fmt: skip
from google_stack import GoogleStack  # noqa: E402
from stack import Stack  # noqa: E402
from up import Up  # noqa: E402

DATA = Path(__file__).resolve().parent / "data"


def make(directory: Path) -> dict:
    """Fills the data directory in `directory`; returns the answers that it gave."""
    up = Up(directory, consumer_cidr=CONSUMERS, **PROCESS_PORTS).start()
    try:
        azure, google = Stack(up), GoogleStack(up)
        filled = Filled(azure, google)
        filled.fill()
        settled = shown(azure)
        leaving = azure.publication("valkey-1").link()["azure_service_id"].rsplit("/", 1)[1]
        objects = at_the_clouds(azure.provider, azure.consumer, google.provider)
        assert up.stop() == 0
        up.cloud_delay = SLOW
        up.start()
        begun = filled.begin()
        assert up.stop() == 0
    finally:
        up.close()
    return {
        "begun": begun,
        "connections": filled.connections,
        "objects": objects,
        "objects_of_deleted_link": [leaving],
        "secrets": filled.secrets,
        "settled": settled,
    }


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leaves out the user and the group."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path, help="An `underpass` built from the commit")
    parser.add_argument("commit", help="Short hash of the commit, which names the files")
    arguments = parser.parse_args()
    os.environ["UNDERPASS_BIN"] = str(arguments.program.resolve())
    DATA.mkdir(exist_ok=True)
    archive = DATA / f"{arguments.commit}.tar.gz"
    with tempfile.TemporaryDirectory() as directory:
        text = json.dumps(make(Path(directory)), indent=1, ensure_ascii=False)
        expected = Path(directory) / "expected.json"
        expected.write_text(f"{text}\n")
        with tarfile.open(archive, "w:gz") as packed:
            for path in (expected, Path(directory) / "data"):
                packed.add(path, path.name, filter=anonymous)
    print(f"{archive}: {archive.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
