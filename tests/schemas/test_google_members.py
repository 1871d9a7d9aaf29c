"""The emulated Google reads the members that the discovery document describes."""

from pathlib import Path

from google_members import lines

FILE = Path(__file__).parents[2] / "crates/emulators/src/google/model/members.txt"


def test_the_members_are_those_of_the_discovery_document():
    assert FILE.read_text().splitlines() == lines()
