"""An installation moves from SQLite to PostgreSQL, with everything, and nothing is cut."""

import json

from count_clouds import compare
from names import addresses
from postgres import DATABASE, PASSWORD, USER
from replicas import AnyReplica, Replicas
from served import Serve
from storm import Storm
from test_serve import run
from waiting import wait_for

SEED = 20


class Single(Replicas):
    """One server on SQLite."""

    def __init__(self, server: Serve):
        self.servers = [server]


def test_an_installation_moves_to_a_database(tmp_path, slow_clouds, postgres):
    server = Serve(tmp_path / "one", *slow_clouds).start()
    storm = Storm(Single(server), 1, SEED)
    for client in storm.clients:
        client.create_and_approve()
    storm.end()
    before = [client.published.stack.state_of_everything() for client in storm.clients]
    [plc] = storm.clients[0].facts.approved.values()
    host = storm.clients[0].published.host(plc)
    wait_for("the name is answered", lambda: len(addresses(server, host)), 1)

    url = tmp_path / "database.url"
    url.write_text(f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{postgres.port}/{DATABASE}")
    url.chmod(0o600)
    words = ("store", "copy", "--from", f"sqlite:{server.data_dir}", "--to-file", str(url))
    in_use = run(tmp_path, *words)
    assert in_use.returncode == 1 and "another `underpass up` or" in in_use.stderr, in_use
    server.close()

    # A password is refused as an argument, and a server without a store is no store.
    shown = f"postgres:postgresql://{USER}:{PASSWORD}@127.0.0.1/{DATABASE}"
    refused = run(tmp_path, *words[:4], "--to", shown)
    assert refused.returncode == 2 and "--to-file" in refused.stderr, refused
    copied = run(tmp_path, *words, "--json")
    assert copied.returncode == 0, copied
    assert PASSWORD not in copied.stdout + copied.stderr
    row = json.loads(copied.stdout)
    for table, count in (("record", "documents"), ("work", "work"), ("event", "events")):
        assert postgres.direct(DATABASE, f"select count(*) from {table}") == str(row[count])
    again = run(tmp_path, *words)
    assert again.returncode == 1 and "it was copied to postgresql://" in again.stderr, again

    # The old file is no store any more: a start that was not configured anew is refused.
    server.spawn()
    assert server.process.wait(30) == 1
    server.process.stdout.close()
    assert "it was copied to postgresql://" in server.log_text()

    # The same data directory, with its key and its file of SQLite's position.
    text = server.file.read_text()
    server.file.write_text(
        text.replace("[accounts.azure-prod]", f'[store]\ndatabase_url_file = "{url}"\n'
                     "[accounts.azure-prod]")  # fmt: skip
    )
    server.start()
    held = AnyReplica(storm.clients[0].api.replicas, SEED).ok("GET", "/underpass/recovery")
    assert [it for it in held["accounts"] if it["held"]] == [] if held["accounts"] else True
    after = [client.published.stack.state_of_everything() for client in storm.clients]
    assert after == before
    wait_for("the name is answered", lambda: len(addresses(server, host)), 1)
    compare(storm.clients, server)
    # Work goes on there.
    for client in storm.clients:
        client._toggle()
        client._remove()
    compare(storm.clients, server)
    server.close()
