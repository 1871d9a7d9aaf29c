import os
import sys

import pytest

from process import ROOT, binary

# Modules that the end-to-end tests share.
sys.path.append(str(ROOT / "tests" / "shared"))

from emulator import Emulator  # noqa: E402
from google_emulator import GoogleEmulator  # noqa: E402
from azure_steps import Greeter  # noqa: E402


# The `az` command line has 700 MB, so its test is collected only if UNDERPASS_AZ names it.
collect_ignore = [] if os.environ.get("UNDERPASS_AZ") else ["test_command_line.py"]


def pytest_configure():
    for name in ["azure", "google"]:
        if not binary(name).exists():
            build = f"cargo build -p underpass-emulators --example {name}"
            pytest.exit(f"{binary(name)} is missing; run: {build}")


@pytest.fixture
def emulator(tmp_path):
    emulator = Emulator(tmp_path, "127.83.0.0/16")
    emulator.start()
    yield emulator
    if emulator.process.poll() is None:
        assert emulator.stop() == 0


@pytest.fixture
def google(tmp_path):
    emulator = GoogleEmulator(tmp_path, "127.85.0.0/16")
    emulator.start()
    yield emulator
    if emulator.process.poll() is None:
        assert emulator.stop() == 0


@pytest.fixture
def greeter():
    greeter = Greeter()
    yield greeter
    greeter.close()
