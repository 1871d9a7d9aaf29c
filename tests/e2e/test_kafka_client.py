"""A real Kafka client, the private names resolved by the C library: a real broker, and a cluster of
three."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLOW_SECONDS = 120.0


def test_a_real_client_in_a_namespace_with_its_own_resolver(tmp_path):
    """DNS on port 53 without root: inside the namespace the port is ours."""
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
