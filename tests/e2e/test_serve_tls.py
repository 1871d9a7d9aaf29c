"""`underpass serve` that answers with TLS, by a certificate of a company's authority."""

import os
import socket
import ssl

import pytest
from cryptography import x509

from certificate_authority import CertificateAuthority
from clients import avn, underpass
from served import Emulated, Serve
from waiting import wait_for, wait_until

HOST = "localhost"


@pytest.fixture
def authority(tmp_path):
    return CertificateAuthority(tmp_path / "authority", "Example authority")


@pytest.fixture
def serve(tmp_path, authority):
    directory = tmp_path / "serve"
    directory.mkdir()
    certificate, key = directory / "tls.pem", directory / "tls.key"
    authority.issue(certificate, key, HOST)
    clouds = Emulated("azure", tmp_path), Emulated("google", tmp_path)
    server = Serve(directory, *clouds)
    lines = f'api_hosts = ["{HOST}"]\ncertificate_file = "{certificate}"\nkey_file = "{key}"\n'
    server.file.write_text(server.file.read_text().replace("[dns]\n", f"{lines}[dns]\n", 1))
    yield server.start()
    server.close()
    for cloud in clouds:
        cloud.stop()


def presented(serve, authority) -> int:
    """The serial number of the certificate that a new client is shown."""
    port = int(serve.ready["api"].rsplit(":", 1)[1])
    context = ssl.create_default_context(cafile=str(authority.root))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as flow,
        context.wrap_socket(flow, server_hostname=HOST) as secure,
    ):
        return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True)).serial_number


def test_clients_that_trust_the_authority_reach_the_api(serve, authority):
    assert serve.ready["api"].startswith(f"https://{HOST}:")
    root = str(authority.root)
    ours = underpass(serve)
    assert "default" in ours.call("project", "list", UNDERPASS_CA_FILE=root).stdout
    assert "default" in ours("--ca-file", root, "project", "list")
    theirs = avn(serve).call("project", "list", REQUESTS_CA_BUNDLE=root)
    assert theirs.returncode == 0 and "default" in theirs.stdout, theirs

    message = ours.refused("project", "list")
    assert "invalid peer certificate" in message
    assert "hint: " in message and "--ca-file" in message
    empty = serve.directory / "empty.pem"
    empty.write_text("no certificate")
    assert "there is no certificate in PEM" in ours.refused("--ca-file", str(empty), "vpc", "list")
    assert "read /nowhere" in ours.refused("--ca-file", "/nowhere", "vpc", "list")


def test_a_renewed_certificate_is_used_without_a_signal(serve, authority):
    certificate, key = serve.file.parent / "tls.pem", serve.file.parent / "tls.key"
    before = presented(serve, authority)
    # The key comes later than its certificate; a pair that does not match is never used.
    renewed = authority.issue(certificate, serve.directory / "renewed.key", HOST)
    wait_until("the pair is refused", lambda: "failed to reload" in serve.log_text())
    assert presented(serve, authority) == before
    (serve.directory / "renewed.key").rename(key)
    wait_for("the new one is used", lambda: presented(serve, authority), renewed)
    assert "a changed file" in serve.log_text()


def test_files_that_become_readable_or_appear_later_are_used(serve, authority):
    # The configuration names a pair that is not there yet.
    later, later_key = serve.directory / "later.pem", serve.directory / "later.key"
    text = serve.file.read_text()
    named = text.replace("tls.pem", "later.pem").replace("tls.key", "later.key")
    serve.file.write_text(named.replace(str(serve.file.parent / "later"), str(serve.directory / "later")))
    wait_until("it is refused", lambda: "later.pem" in serve.log_text())
    serial = authority.issue(later, serve.directory / "hidden.key", HOST)
    os.mkfifo(later_key)
    wait_until("a pipe is refused", lambda: "no regular file" in serve.log_text())
    (serve.directory / "hidden.key").chmod(0)
    (serve.directory / "hidden.key").rename(later_key)
    if os.geteuid() != 0:
        wait_until("it cannot be read", lambda: "Permission denied" in serve.log_text())
    later_key.chmod(0o600)
    wait_for("the pair is used", lambda: presented(serve, authority), serial)


def test_changed_limits_are_used_and_listeners_need_a_restart(serve, authority):
    ours = underpass(serve)
    root = str(authority.root)
    text = serve.file.read_text()

    def limit() -> int:
        listed = ours.json("--ca-file", root, "project", "limits", "show")
        return next(it["limit"] for it in listed if it["name"] == "vpcs")

    assert limit() == 100
    serve.file.write_text(f"{text}\n[limits]\nvpcs = 7\n")
    wait_for("the limit is used", limit, 7)
    plain = "\n".join(line for line in text.splitlines() if "certificate_file" not in line)
    serve.file.write_text(plain.replace('key_file = "', '# "'))
    told = "server.certificate_file needs a restart"
    wait_until("it is told", lambda: told in serve.log_text())
    assert limit() == 100, "the limits of the file without them"
