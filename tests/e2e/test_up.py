"""`underpass up`: its ready line, its ports, and refused starts."""

import json
import signal
import socket
import subprocess
import stat

import pytest

from up import READY_SECONDS, Up, environment

READY_MEMBERS = {
    "ready", "schema", "pid", "data_dir", "api", "token_file", "project", "project_vpcs", "domain",
    "dns", "consumer_cidr", "console", "azure", "google", "aws",
}  # fmt: skip
AZURE_MEMBERS = {
    "url", "portal", "ca", "tenant", "subscription", "consumer_tenant", "consumer_subscription",
    "consumer_subnet", "consumer_location", "consumer_dns", "client_id", "secret_file",
}  # fmt: skip
GOOGLE_MEMBERS = {
    "url", "portal", "project", "consumer_project", "consumer_network", "consumer_subnet", "region",
}  # fmt: skip


def run(up: Up) -> subprocess.CompletedProcess:
    """A start that is expected to fail."""
    return subprocess.run(
        up.command(),
        capture_output=True,
        text=True,
        env=environment(up.directory),
        timeout=READY_SECONDS,
        check=False,
    )


def test_the_ready_line_says_where_everything_is(own_stack):
    ready = own_stack.up.ready
    assert READY_MEMBERS <= set(ready)
    assert AZURE_MEMBERS <= set(ready["azure"])
    assert GOOGLE_MEMBERS <= set(ready["google"])
    assert (ready["schema"], ready["pid"]) == (1, own_stack.up.process.pid)
    assert ready["project_vpcs"].keys() >= {"azure-westeurope", "google-europe-west1"}
    for cloud, vpc in ready["project_vpcs"].items():
        shown = own_stack.api.ok("GET", own_stack.api.project(f"vpcs/{vpc}"))
        assert (shown["cloud_name"], shown["state"]) == (cloud, "ACTIVE")


def test_secrets_are_for_the_owner_alone(own_stack):
    data_dir = own_stack.up.data_dir
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    ready = own_stack.up.ready
    for path in (ready["token_file"], ready["azure"]["secret_file"], data_dir / "client.json",
                 data_dir / "google-provider.token"):  # fmt: skip
        mode = stat.S_IMODE((data_dir / path).stat().st_mode)
        assert mode == 0o600, path
    assert own_stack.up.token not in own_stack.up.log_text()
    assert own_stack.up.token not in json.dumps(ready)


def test_ports_and_ids_stay_the_same_over_a_restart(own_stack):
    before = own_stack.up.ready
    own_stack.up.restart(signal.SIGTERM)
    after = own_stack.up.ready
    assert after | {"pid": 0} == before | {"pid": 0}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["terminate", "interrupt"])
def test_it_ends_well_when_asked_to(own_stack, how):
    assert own_stack.up.stop(how) == 0


def test_a_data_directory_in_use_is_refused(own_stack):
    refused = run(own_stack.up)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert str(own_stack.up.data_dir) in refused.stderr
    assert len(refused.stderr.strip().splitlines()) <= 2


def test_a_busy_port_is_refused_and_leaves_nothing_half_written(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        up = Up(tmp_path, api=address)
        refused = run(up)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert address in refused.stderr
    up.start()
    assert up.stop() == 0


def test_an_unwritable_data_directory_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    try:
        refused = run(Up(tmp_path))
    finally:
        tmp_path.chmod(0o700)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert str(tmp_path) in refused.stderr


def test_a_kill_during_the_first_start_is_no_harm(tmp_path):
    up = Up(tmp_path)
    for _ in range(5):
        up.spawn()
        # It may be at any point; the next start continues there.
        up.kill()
    up.start()
    assert up.stop() == 0


def test_health_and_readiness_need_no_token(own_stack):
    for path in ("/healthz", "/readyz"):
        assert own_stack.api.open(path) == 200
