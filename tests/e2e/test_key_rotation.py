"""The key of the store is replaced while replicas run, and on SQLite while the server is stopped."""

import json
import shutil
import signal

from replicas import AnyReplica, Replicas
from served import Emulated, Serve
from storm import Storm
from test_serve import run
from waiting import wait_until

SEED = 20
PASSWORD = "secret-of-the-service"


def rotate(server: Serve) -> tuple[dict, str]:
    """One call that must succeed: what it did, and what it says."""
    words = ("key", "rotate", "--config", str(server.file), "--json")
    done = run(server.directory, *words)
    assert done.returncode == 0, done
    return json.loads(done.stdout), done.stderr


def secrets(client) -> list[str]:
    """The passwords of a service, as its owner reads them."""
    service = client.api.ok("GET", client.published.path())["service"]
    return [user["password"] for user in service["users"]]


def test_the_key_is_replaced_while_replicas_run(tmp_path, slow_clouds, postgres):
    replicas = Replicas(tmp_path, postgres, *slow_clouds, count=2)
    storm = Storm(replicas, 1, SEED)
    for client in storm.clients:
        client.create_and_approve()
    [server, other] = replicas.servers
    # The replicas share the file; a copy on each machine is the same with one more step.
    first = (tmp_path / "store.key").read_text()
    announced, says = rotate(server)
    assert announced["step"] == "announced" and "restart them" in says
    refused = run(tmp_path, "key", "rotate", "--config", str(server.file))
    assert refused.returncode == 1 and "2 of 2 running replicas" in refused.stderr, refused
    for step, count in (("replaced", 0), ("done", 1)):
        for replica in replicas.servers:
            replica.restart(signal.SIGTERM)
            # Read by both, the one before and the one after its restart.
            for client in storm.clients:
                assert PASSWORD in secrets(client)
        call = lambda: run(tmp_path, "key", "rotate", "--config", str(server.file), "--json")  # noqa: E731
        done = wait_until("the replicas that ended are forgotten", lambda: _ok(call()), 40)
        assert done["step"] == step and done["secrets"] >= count, done
    for replica in replicas.servers:
        replica.restart(signal.SIGTERM)
        for client in storm.clients:
            assert PASSWORD in secrets(client)
    storm.end()
    # The proofs in the clouds are those of before: no account is on hold.
    held = AnyReplica(replicas, SEED).ok("GET", "/underpass/recovery")["accounts"]
    assert [it for it in held if it.get("on_hold_since")] == []
    lines = (tmp_path / "store.key").read_text().split("\n")
    assert lines[0] != first.strip() and lines[1].startswith("proof ") and lines[2] == ""
    assert first.strip() not in "".join(lines)
    other.close()
    (tmp_path / "store.key").write_text(first)
    other.spawn()
    assert other.process.wait(30) == 1
    other.process.stdout.close()
    assert "encrypted with another key" in other.log_text()
    server.close()


def _ok(done) -> dict | None:
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_the_key_of_a_store_in_a_file_is_replaced_in_one_call(tmp_path):
    clouds = Emulated("azure", tmp_path), Emulated("google", tmp_path, "--status-lag", "0s")
    server = Serve(tmp_path / "serve", *clouds).start()
    token = server.token
    in_use = run(tmp_path, "key", "rotate", "--config", str(server.file))
    assert in_use.returncode == 1 and "another `underpass up` or" in in_use.stderr, in_use
    server.close()
    key = server.data_dir / "store.key"
    before = key.read_text()
    shutil.copy(key, tmp_path / "old.key")
    done, _ = rotate(server)
    assert done["step"] == "done"
    assert before.strip() not in key.read_text()
    server.start()
    assert server.token == token
    server.close()
    for cloud in clouds:
        cloud.stop()
