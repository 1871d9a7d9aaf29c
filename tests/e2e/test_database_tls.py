"""The connection to PostgreSQL is encrypted, and the server's certificate and name are verified."""

import pytest

from certificate_authority import CertificateAuthority
from postgres import DATABASE, PASSWORD, USER
from served import Emulated, Serve
from test_serve import ready

# The certificate has this name alone.
HOST = "localhost"


@pytest.fixture
def clouds(tmp_path):
    azure, google = Emulated("azure", tmp_path), Emulated("google", tmp_path)
    yield azure, google
    for cloud in (azure, google):
        cloud.stop()


@pytest.fixture
def authority(tmp_path, postgres):
    """The CA of the server's certificate."""
    company = CertificateAuthority(tmp_path / "ca", "company")
    certificate, key = tmp_path / "server.crt", tmp_path / "server.key"
    company.issue(certificate, key, HOST)
    postgres.use_certificate(certificate, key)
    # Unencrypted connections are refused.
    (postgres.data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
    postgres.reload()
    return company


def server(directory, clouds, port: int, host: str, mode: str, roots) -> Serve:
    directory.mkdir()
    url = directory / "database.url"
    url.write_text(f"postgresql://{USER}:{PASSWORD}@{host}:{port}/{DATABASE}?sslmode={mode}")
    url.chmod(0o600)
    ca = f'database_ca_file = "{roots}"\n' if roots else ""
    return Serve(directory, *clouds, more=f'[store]\ndatabase_url_file = "{url}"\n{ca}')


def refusal(serve: Serve) -> str:
    """The message of a start that is refused."""
    serve.spawn()
    assert serve.process.wait(60) == 1
    serve.process.stdout.close()
    text = serve.log_text()
    assert PASSWORD not in text
    return text


def test_a_verified_server_is_used(tmp_path, clouds, postgres, authority):
    serve = server(tmp_path / "one", clouds, postgres.port, HOST, "verify-full", authority.root)
    serve.start()
    assert ready(serve) == 200
    encrypted = "select count(*), count(*) filter (where ssl) from pg_stat_ssl s join "
    encrypted += "pg_stat_activity a using (pid) where application_name = 'underpass'"
    uri = postgres.uri(HOST, DATABASE, "require")
    all_of_them, with_tls = postgres.query(uri, encrypted).split("|")
    assert int(all_of_them) > 1 and all_of_them == with_tls
    serve.close()
    assert serve.complaints() == []


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_a_server_of_another_ca_or_name_is_refused(tmp_path, clouds, postgres, authority, mode):
    other = CertificateAuthority(tmp_path / "other", "another")
    for name, host, roots, reason in (
        ("other-ca", HOST, other.root, "UnknownIssuer"),
        ("no-ca", HOST, None, "UnknownIssuer"),
        ("other-name", "127.0.0.1", authority.root, "not valid for name"),
    ):
        text = refusal(server(tmp_path / name, clouds, postgres.port, host, mode, roots))
        assert reason in text, text
        assert "store.database_ca_file" in text, text
