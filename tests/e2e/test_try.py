"""`underpass try` without a running `up`: it starts one and stops it at its end."""

import signal
import subprocess

from postgres import PASSWORD, USER, programs
from up import READY_SECONDS, STOP_SECONDS, binary, environment


def test_a_postgresql_answers_by_the_printed_command(postgres, tmp_path):
    (tmp_path / "password").write_text(PASSWORD)
    variables = environment(tmp_path) | {"UNDERPASS_UP_DATA_DIR": str(tmp_path / "data")}
    words = ["pg", f"127.0.0.1:{postgres.port}", "--user", f"{USER}:@password"]
    process = subprocess.Popen(
        [str(binary()), "try", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=variables,
        text=True,
    )
    try:
        command = process.stdout.readline().strip()
        assert command.startswith("PGHOSTADDR=127."), process.stderr.read()
        done = subprocess.run(
            ["sh", "-c", f"{command} -Atc 'select 6 * 7'"],
            env=variables | {"PATH": f"{programs()}:{variables['PATH']}"},
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
            check=False,
        )
        assert done.stdout.strip() == "42", done.stderr
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=STOP_SECONDS)
        assert process.returncode == 0, printed
        assert "$ underpass service privatelink azure create" in printed
    finally:
        process.kill()
        process.wait()
