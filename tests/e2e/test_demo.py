"""`underpass demo` as a newcomer runs it, and `underpass emulate azure` alone."""

import json
import signal
import subprocess

from azure.identity import ClientSecretCredential

from up import READY_SECONDS, STOP_SECONDS, binary, environment

DEMO_SECONDS = 60.0


def test_the_demo_holds_every_line_and_leaves_nothing(tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = subprocess.run(
        [str(binary()), "demo"],
        capture_output=True,
        text=True,
        env=environment(tmp_path) | {"TMPDIR": str(temporary)},
        timeout=DEMO_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks hold" in done.stdout
    # PostgreSQL is here, so the demo must have found it.
    assert "A real PostgreSQL" in done.stdout
    assert list(temporary.iterdir()) == []


def test_emulated_azure_runs_alone_and_signs_people_in(tmp_path):
    process = subprocess.Popen(
        [str(binary()), "emulate", "azure", "--state", str(tmp_path / "state"),
         "--listen", "127.0.0.1:0", "--cloud-delay", "0s"],
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
    )  # fmt: skip
    try:
        ready = json.loads(process.stdout.readline())
        credential = ClientSecretCredential(
            "20000000-0000-4000-8000-000000000001",
            "anybody",
            "anything",
            authority=ready["url"],
            disable_instance_discovery=True,
            connection_verify=ready["ca"],
        )
        assert credential.get_token(f"{ready['url']}/.default").token
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) == 0
    finally:
        process.kill()
        process.wait(READY_SECONDS)
        process.stdout.close()
