"""A real Kafka client with a real broker and with a cluster of three, by private names that the C
library resolves."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLOW_SECONDS = 360.0


def test_a_real_client_in_a_namespace_with_its_own_resolver(tmp_path):
    """Inside the namespace DNS has port 53 without root."""
    flow = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
        "--basetemp", str(tmp_path / "inside"), str(HERE / "inside_kafka_client.py"),
    ]  # fmt: skip
    done = subprocess.run(
        ["unshare", "-Urnm", str(HERE / "namespace.sh"), str(tmp_path), *flow],
        capture_output=True,
        text=True,
        env=os.environ,
        timeout=FLOW_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
