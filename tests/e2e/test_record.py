"""`--record`: the exchanges with the emulated clouds as lines of JSON."""

import json
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from up import READY_SECONDS, Up, binary, environment

MEMBERS = {
    "time", "cloud", "emulator", "client", "method", "path", "query", "request", "status", "headers",
    "reply",
}  # fmt: skip


@pytest.fixture
def up(tmp_path):
    up = Up(tmp_path / "up", record=str(tmp_path / "record"))
    yield up
    up.close()


def test_both_clouds_record_what_up_asks_of_them_without_secrets(up, tmp_path):
    up.start()
    up.restart(signal.SIGTERM)
    directory = tmp_path / "record"
    assert sorted(it.name for it in directory.iterdir()) == ["azure.jsonl", "google.jsonl"]
    written = ""
    for cloud in ("azure", "google"):
        file = directory / f"{cloud}.jsonl"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        text = file.read_text()
        written += text
        exchanges = [json.loads(line) for line in text.splitlines()]
        assert all(set(it) == MEMBERS and it["cloud"] == cloud for it in exchanges)
        # Those of the first process, and of the second one.
        assert len({it["emulator"] for it in exchanges}) == 2
        made = [it for it in exchanges if it["method"] in ("PUT", "POST") and it["request"]]
        assert made and all(it["client"].startswith("underpass/") for it in made)
        assert all(it["reply"] for it in made)
    secrets = [up.token, up.google_token_file.read_text().strip()]
    secrets.append((up.data_dir / up.azure["secret_file"]).read_text().strip())
    assert all(len(secret) > 20 and secret not in written for secret in secrets)
    assert "bearer" not in written.lower() and "/oauth2/" not in written


@pytest.mark.parametrize("cloud", ["azure", "google"])
def test_a_record_that_cannot_be_opened_is_refused(tmp_path, cloud):
    file = tmp_path / "missing" / "record.jsonl"
    words = [
        binary(), "emulate", cloud, "--state", tmp_path / cloud, "--listen", "127.0.0.1:0",
        "--record", file,
    ]  # fmt: skip
    refused = failed([str(it) for it in words], tmp_path)
    assert f"failed to open {file} to record exchanges. Choose a file" in refused


def test_a_directory_of_records_that_cannot_be_made_is_refused(up, tmp_path):
    (tmp_path / "record").write_text("a file\n")
    assert str(tmp_path / "record") in failed(up.command(), up.directory)


def failed(words: list[str], home: Path) -> str:
    """The message of a start that fails as a refusal."""
    done = subprocess.run(
        words, capture_output=True, text=True, env=environment(home), timeout=READY_SECONDS
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr
