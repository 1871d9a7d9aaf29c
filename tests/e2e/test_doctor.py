"""`underpass doctor` on paths with one fault each: the hop that it must name, and the command.

Each fault is real: a server that ended, an object deleted at the cloud, an endpoint that its
consumer deleted, a certificate that expired.
"""

import json
import subprocess
import urllib.request
from datetime import timedelta

import pytest

from azure_principals import Provider as AzureProvider
from certificate_authority import A_DAY, CertificateAuthority
from conftest import run_stack
from postgres import free_port
from served import ACCOUNT_GROUP, AZURE_REGION, Emulated, Serve
from servers import Greeter
from stack import Stack
from test_serve import on_azure, on_google
from tls_greeter import TlsGreeter
from up import Up
from waiting import wait_for

# What a server of this type answers in plain text.
PLAIN = b"+PONG\r\n"
KIND = "redis"
# A part that is not shown stays suspected, and what is repaired is repaired by itself.
WINDOW = "1h"
# On each cloud at least as many findings are counted.
FEWEST = 19


class Findings:
    """Counts what was found of the injected faults."""

    def __init__(self):
        self.right: list[str] = []
        self.wrong: list[str] = []

    def note(self, fault: str, found: tuple, expected: tuple) -> None:
        hop, command = expected
        if found[0] == hop and (command is None or command in (found[1] or "")):
            self.right.append(fault)
        else:
            self.wrong.append(f"{fault}: expected {expected}, found {found}")

    def check(self) -> None:
        self.print()
        assert len(self.right) >= FEWEST
        assert self.wrong == []

    def print(self) -> None:
        count = len(self.right) + len(self.wrong)
        print(
            f"faults injected: {count}, right: {len(self.right)}, wrong: {len(self.wrong)}"
        )


@pytest.fixture(scope="module")
def findings():
    return Findings()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """The same tests run on Google in `test_doctor_google`."""
    yield from run_stack(tmp_path_factory.mktemp("stack"), absence_window=WINDOW)


class Patient:
    """A published service, and the doctor."""

    def __init__(self, stack, findings, published):
        self.stack = stack
        self.findings = findings
        self.it = published
        self.last = None

    def doctor(self, *words: str) -> dict:
        """Runs the command; its exit status must agree with the report."""
        done = self.stack.underpass.call("doctor", self.it.name, *words, "--json")
        assert done.stdout, done.stderr
        self.last = json.loads(done.stdout)
        assert done.returncode == (1 if self.last["broken"] else 0), done.stderr
        return self.last

    def found(self, *words: str) -> tuple:
        broken = self.doctor(*words)["broken"]
        return (broken["hop"], broken["command"]) if broken else (None, None)

    def expect(self, fault: str, hop: str | None, command: str | None, *words: str) -> None:
        """Counts the finding, which the last test requires to be right."""
        self.findings.note(
            f"{self.it.provider}: {fault}", self.found(*words), (hop, command)
        )

    def status(self, hop: str) -> str:
        [found] = [it for it in self.last["hops"] if it["hop"] == hop]
        return found["status"]

    def wait_backends(self, status: str) -> None:
        """Waits until the probes of the cloud show it; each check has the health read again."""

        def seen() -> str:
            self.doctor()
            return self.status("backends")

        wait_for(f"the backends are {status}", seen, status)


def component(port: int, *, tls: bool = False, link_port: int | None = None) -> dict:
    listener = {"component": KIND, "port": port, "tls": tls}
    return listener | ({"link_port": link_port} if link_port else {})


def published(stack, findings, port: int, *, tls: bool = False, **ours) -> Patient:
    """A service with an active link and its component open."""
    ours = {"components": [component(port, tls=tls)]} | ours
    link = stack.publish({KIND: port}, kind=KIND, opened=[KIND], **ours)
    return Patient(stack, findings, link)


def plain(stack, findings) -> Patient:
    return published(stack, findings, stack.greeter(PLAIN).port)


def approve(patient: Patient, plc: str, address: str) -> None:
    if patient.it.provider == "google":
        patient.it.approve(plc, address)
    else:
        patient.it.approve(plc)


def test_the_life_of_a_link_from_its_registration_to_a_flow(stack, findings):
    """The same command from the registration on: each step that is missing is the broken hop."""
    greeter = stack.greeter(PLAIN)
    link = stack.register(
        {KIND: greeter.port}, kind=KIND, components=[component(greeter.port)]
    )
    patient = Patient(stack, findings, link)
    of = f"underpass service privatelink {link.provider}"
    link.wait_interface()
    patient.expect("no link", "link", f"{of} create {link.name}")
    stack.create_link(link)
    link.wait_active()
    patient.expect(
        "the component is switched off", "rules",
        f"underpass service update {link.name} -c privatelink_access.{KIND}=true",
    )  # fmt: skip
    link.toggle(**{KIND: True})
    patient.expect("no connection", "approval", f"{of} refresh {link.name}")

    name = f"{link.name}-pe"
    plc, address = link.ask(stack.consumer, name)
    pending = f"{of} connection approve {link.name}"
    patient.expect("a pending connection", "approval", pending)
    if link.provider == "azure":
        approve(patient, plc, address)
        link.wait_state(name, "connected")
        set_address = f"{of} connection update {link.name} {plc} --endpoint-ip-address"
        patient.expect("no address", "endpoint", set_address)
        link.set_address(plc, address)
    else:
        approve(patient, plc, address)
    link.wait_state(name, "active")
    patient.wait_backends("ok")
    patient.expect("nothing", None, None, plc)
    assert {it["status"] for it in patient.last["hops"]} == {"ok"}, patient.last
    assert {it["hop"] for it in patient.last["hops"] if it["checked_at"] is None} == set()

    wrong = address.rsplit(".", 1)[0] + ".200"
    link.set_address(plc, wrong)
    set_address = f"{of} connection update {link.name} {plc} --endpoint-ip-address"
    patient.expect("another address", "listener", set_address, plc)
    link.set_address(plc, address)
    link.decide(plc, "reject")
    restore = f"{of} connection restore {link.name} {plc}"
    patient.expect("a rejected connection", "approval", restore)
    # The name is a consequence, and no client can connect.
    assert (patient.status("name"), patient.status("listener")) == ("broken", "broken")
    link.decide(plc, "restore")
    link.wait_state(name, "active")
    patient.expect("the restored connection", None, None, plc)
    system = patient.doctor(plc, "--dns", "system")["broken"]
    assert (system["hop"], system["command"]) == ("resolver", "underpass dns setup")

    greeter.close()
    stack.greeters.remove(greeter)
    patient.wait_backends("broken")
    patient.expect("a server that ended", "backends", f"ss -ltn 'sport = :{greeter.port}'", plc)
    again = Greeter(PLAIN, port=greeter.port)
    stack.greeters.append(again)
    patient.wait_backends("ok")
    stack.consumer.delete(name)
    patient.expect("an endpoint that its consumer deleted", "endpoint", f"{of} refresh", plc)


def test_a_node_where_nothing_listens(stack, findings):
    port = free_port()
    patient = published(stack, findings, port)
    patient.it.connect(stack.consumer, f"{patient.it.name}-pe")
    patient.wait_backends("broken")
    patient.expect("a node where nothing listens", "backends", f"ss -ltn 'sport = :{port}'")


def test_objects_and_rules_that_another_program_deletes(stack, findings):
    patient = plain(stack, findings)
    again = f"underpass doctor {patient.it.name}"
    plc, _ = patient.it.connect(stack.consumer, f"{patient.it.name}-pe")
    for fault, remove in faults(stack, patient.it):
        remove()
        hop = "rules" if "rule" in fault else "objects"
        patient.expect(fault, hop, again, plc)
        wait_for("it is put right", lambda: patient.found(plc), (None, None))


def test_objects_whose_absence_takes_a_proof(stack, findings):
    patient = plain(stack, findings)
    again = f"underpass doctor {patient.it.name}"
    if patient.it.provider == "azure":
        group, name = patient.it.link()["azure_service_id"].split("/")[4::4]
        stack.provider.network.private_link_services.begin_delete(group, name).result()
        patient.expect("a private link service that was deleted", "objects", again)
    else:
        compute, name = stack.provider.compute, patient.it.object
        compute.delete("firewalls", f"{name}-allow")
        patient.expect("a firewall rule that was deleted", "rules", again)
        compute.delete("serviceAttachments", name)
        patient.expect("a service attachment that was deleted", "objects", again)


def faults(stack, link):
    """Changes at the cloud that Underpass puts right as soon as it sees them."""
    if link.provider == "google":
        yield "an instance out of its endpoint group", lambda: detach(stack, link)
        ports = {"allowed": [{"IPProtocol": "tcp", "ports": [str(free_port())]}]}
        compute = stack.provider.compute
        yield (
            "a firewall rule for other ports",
            lambda: compute.patch("firewalls", f"{link.object}-allow", ports),
        )
        return
    network = stack.provider.network
    group, name = link.link()["azure_service_id"].split("/")[4::4]

    def leave_pool() -> None:
        [node] = stack.api.ok("GET", link.path())["service"]["underpass"]["nodes"]
        words = node["cloud"]["azure"]["nic_id"].split("/")
        interface = network.network_interfaces.get(words[4], words[8])
        for it in interface.properties.ip_configurations:
            it.properties.load_balancer_backend_address_pools = []
        network.network_interfaces.begin_create_or_update(words[4], words[8], interface).result()

    def drop_rules() -> None:
        balancer = network.load_balancers.get(group, f"{name}-lb")
        balancer.properties.load_balancing_rules = []
        network.load_balancers.begin_create_or_update(group, f"{name}-lb", balancer).result()

    yield "an interface out of its pool", leave_pool
    yield "a rule that was deleted", drop_rules


def detach(stack, link) -> None:
    """Takes the instances out of the endpoint group of a link."""
    google = stack.up.google
    [group] = [
        it for it in stack.provider.compute.names("networkEndpointGroups") if link.object in it
    ]
    base = (
        f"{google['url']}/compute/v1/projects/{google['project']}/zones/europe-west1-b"
        f"/networkEndpointGroups/{group}"
    )

    def call(verb: str, body: dict) -> dict:
        request = urllib.request.Request(
            f"{base}/{verb}",
            data=json.dumps(body).encode(),
            headers={
                "authorization": f"Bearer {stack.up.google_token_file.read_text().strip()}",
                "content-type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())

    listed = call("listNetworkEndpoints", {})["items"]
    call("detachNetworkEndpoints", {"networkEndpoints": [it["networkEndpoint"] for it in listed]})


def test_certificates(stack, findings, tmp_path):
    own = CertificateAuthority(tmp_path / "own", "Own CA")
    other = CertificateAuthority(tmp_path / "other", "Other CA")
    server = TlsGreeter()
    certificate, key = tmp_path / "server.crt", tmp_path / "server.key"

    def issue(authority: CertificateAuthority, host: str, lasts: timedelta = 30 * A_DAY) -> None:
        authority.issue(certificate, key, host, lasts)
        server.use(certificate, key)

    try:
        issue(own, "placeholder.example")
        ca = own.root.read_text()
        patient = published(stack, findings, server.port, tls=True, ca_pem=ca)
        plc, _ = patient.it.connect(stack.consumer, f"{patient.it.name}-pe")
        host = patient.it.host(plc)
        patient.wait_backends("ok")
        mend = f"underpass service cert {patient.it.name} --out DIR --force"
        for fault, authority, name, lasts in (
            ("a certificate that expired", own, host, -A_DAY),
            ("a certificate for another name", own, "db.example", A_DAY),
            ("a certificate of another issuer", other, host, A_DAY),
        ):
            issue(authority, name, lasts)
            patient.expect(fault, "tls", mend)
        self_signed(certificate, key, host)
        server.use(certificate, key)
        patient.expect("a certificate that issued itself", "tls", mend)
        issue(own, host.replace(patient.it.name, "redis-999"))
        set_address = f"connection update {patient.it.name} {plc} --endpoint-ip-address"
        patient.expect("the certificate of another service", "tls", set_address)
        issue(own, host)
        patient.expect("a right certificate", None, None)
        assert patient.status("tls") == "ok"
    finally:
        server.close()


def self_signed(certificate, key, host: str) -> None:
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3",
         "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
         "-keyout", key, "-out", certificate],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_server_without_tls_where_clients_expect_it(stack, findings):
    patient = published(stack, findings, stack.greeter(PLAIN).port, tls=True)
    patient.it.connect(stack.consumer, f"{patient.it.name}-pe")
    patient.wait_backends("ok")
    mend = f"underpass service cert {patient.it.name} --out certs"
    patient.expect("plain text where TLS is expected", "tls", mend)


def test_another_server_in_place_of_the_endpoint(findings, tmp_path):
    """It takes the port of the link on every address before the endpoint does. On Google the port
    is that of the node, which the node itself holds."""
    stack = Stack(Up(tmp_path / "stack").start())
    port = free_port()
    greeter = stack.greeter(PLAIN)
    ours = {"components": [component(greeter.port, link_port=port)]}
    patient = published(stack, findings, greeter.port, **ours)
    shadow = Greeter(PLAIN, "0.0.0.0", port)  # noqa: S104
    try:
        patient.it.connect(stack.consumer, f"{patient.it.name}-pe")
        patient.wait_backends("ok")
        patient.expect("a shadowed port", "listener", f"ss -ltnp 'sport = :{port}'")
    finally:
        shadow.close()
        stack.close()


def test_an_account_that_refuses_its_credential(findings, tmp_path):
    clouds = Emulated("azure", tmp_path), Emulated("google", tmp_path, "--status-lag", "0s")
    serve = Serve(tmp_path / "serve", *clouds)
    groups = AzureProvider(serve).resources.resource_groups
    groups.create_or_update(ACCOUNT_GROUP, {"location": AZURE_REGION})
    serve.start()
    links = on_azure(serve), on_google(serve)
    serve.stop()
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    wrong.chmod(0o600)
    text = serve.file.read_text()
    for right in (serve.azure["secret_file"], serve.google["token_file"]):
        text = text.replace(right, str(wrong))
    serve.file.write_text(text)
    serve.start()
    for link, account in zip(links, ("azure-prod", "google-prod"), strict=True):
        patient = Patient(link.stack, findings, link)
        command = f"underpass account check {account}"
        patient.expect("an account that refuses the credential", "account", command)
        # Nothing that was not read now is shown as working, and the client is elsewhere.
        for hop in ("network", "objects", "rules", "resolver", "listener"):
            assert patient.status(hop) == "not_checked", (hop, patient.last)
    serve.close()
    for cloud in clouds:
        cloud.stop()


def test_what_cannot_be_checked_is_refused_with_what_can(stack):
    said = stack.underpass.refused("doctor", "redis-none")
    assert "redis-none" in said and "underpass service list" in said
    greeter = stack.greeter(PLAIN)
    link = stack.register({KIND: greeter.port}, kind=KIND)
    said = stack.underpass.refused("doctor", link.name, "--component", "pgbouncer")
    assert "pgbouncer" in said and KIND in said
    stack.underpass.refused("doctor", link.name, "plc-no-id")


def test_the_text_fits_a_terminal_and_works_without_colour(stack, findings):
    patient = plain(stack, findings)
    done = stack.underpass.call("doctor", patient.it.name)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    command = [it for it in lines if it.startswith("next: ")]
    assert all(len(it) <= 80 for it in lines if it not in command), done.stdout
    assert len(command) == 1 and "\x1b" not in done.stdout
    [approval] = [it for it in lines if it.startswith("Approval")]
    assert "BROKEN" in approval
    assert "error: the path to" in done.stderr


def test_no_finding_was_wrong(findings):
    findings.check()
