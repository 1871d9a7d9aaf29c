"""The real Kafka client for a shell."""

import shutil
from pathlib import Path


def program() -> Path:
    if found := shutil.which("kcat"):
        return Path(found)
    raise FileNotFoundError("no kcat; install the package `kcat`")
