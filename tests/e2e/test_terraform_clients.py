"""The stand-ins for Terraform's provider and the Go clients are as strict as the originals."""

import json
import threading

import pytest

from terraform import declared
from terraform.go_types import (
    BOOL, FLOAT, INT, STRING, TIME, ZERO_TIME, List, Map, NilDereference, Pointer, Struct,
    Undecodable, decode, dereference,
)  # fmt: skip
from terraform.transport import Answer, ApiError, Codegen, ContractBroken, Handwritten, check
from terraform.wait import Clock, NothingFound, StateChange, UnexpectedState

JSON = "application/json"

# === Decoding ===


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (STRING, "12656"), (STRING, "true"), (STRING, "{}"), (STRING, "[]"),
        (INT, '"12656"'), (INT, "1.0"), (INT, "1e3"), (INT, "true"), (INT, str(2**63)),
        (BOOL, "1"), (BOOL, '"true"'),
        (FLOAT, '"1"'),
        (TIME, '"2026-01-01"'), (TIME, '"2026-01-01 00:00:00Z"'), (TIME, '"2026-13-01T00:00:00Z"'),
        (TIME, '"2026-01-01T00:00:00"'), (TIME, "1767225600"),
        (List(STRING), '"one"'), (List(STRING), '["one", 2]'), (List(STRING), "{}"),
        (Map(STRING), '{"port": 12656}'), (Map(STRING), "[]"),
        (Struct(port=INT), '{"port": "12656"}'), (Struct(port=INT), "[]"),
        (Pointer(STRING), "1"),
        (STRING, '"a" "b"'), (STRING, ""), (FLOAT, "NaN"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(kind, text):
    with pytest.raises(Undecodable):
        decode(kind, text.encode())


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (STRING, '"a"', "a"), (INT, "12656", 12656), (FLOAT, "4", 4), (BOOL, "false", False),
        (TIME, '"2026-01-01T00:00:00Z"', "2026-01-01T00:00:00Z"),
        (TIME, '"2026-01-01T00:00:00.123+02:00"', "2026-01-01T00:00:00.123+02:00"),
        (STRING, "null", ""), (INT, "null", 0), (TIME, "null", ZERO_TIME),
        (List(STRING), "null", []), (Map(STRING), "null", {}), (Pointer(INT), "null", None),
        (List(STRING), "[null]", [""]),
        (Struct(port=INT), '{"PORT": 1, "more": [1]}', {"port": 1}),
        (Struct(port=INT, host=Pointer(STRING)), "{}", {"port": 0, "host": None}),
    ],
)  # fmt: skip
def test_what_go_takes_is_taken(kind, text, value):
    assert decode(kind, text.encode()) == value


def test_a_missing_object_fails_only_when_it_is_dereferenced():
    service = decode(declared.SERVICE, b"{}")
    for member in ("maintenance", "connection_info"):
        with pytest.raises(NilDereference):
            dereference(service, member)
    service = decode(declared.SERVICE, b'{"maintenance": {}, "connection_info": {}}')
    assert dereference(service, "maintenance")["dow"] == ""


def test_ports_are_numbers_in_components_and_texts_in_parameters():
    good = {"components": [{"port": 1}], "service_uri_params": {"port": "1"}}
    decode(declared.SERVICE, json.dumps(good).encode())
    for bad in (
        {"components": [{"port": "1"}]},
        {"service_uri_params": {"port": 1}},
        {"connection_info": {"pg_params": [{"port": 1}]}},
        {"connection_info": {"mysql_params": [{"port": 1}]}},
    ):
        with pytest.raises(Undecodable):
            decode(declared.SERVICE, json.dumps(bad).encode())


# === Transport ===


class Script:
    """Returns prepared answers, the last one repeatedly, and counts the provider's pauses."""

    def __init__(self, *answers: Answer):
        self.answers = list(answers)
        self.paused = []

    def client(self, kind):
        return kind("http://api", "token", self.paused.append, self.send)

    def send(self, _request) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def answer(status: int, body="{}", kind: str | None = JSON) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, kind, text.encode())


FINE = answer(200)
LAG = answer(404, {"message": "Service pg-1 does not exist"})


@pytest.mark.parametrize("kind", [Codegen, Handwritten])
@pytest.mark.parametrize(
    ("method", "refusal", "is_retried"),
    [
        ("GET", answer(500), True), ("POST", answer(503), True), ("PUT", answer(501), True),
        ("GET", answer(408), True), ("GET", answer(429), True),
        ("DELETE", answer(417), True), ("GET", answer(417), False),
        ("POST", LAG, True), ("GET", LAG, False), ("PUT", LAG, False),
        ("POST", answer(404, {"message": "Privatelink not found for service pg-1"}), False),
        ("GET", answer(404, {"message": "User avnadmin with component main not found"}), True),
        ("POST", answer(409), False), ("POST", answer(400), False), ("GET", answer(403), False),
    ],
)  # fmt: skip
def test_what_may_pass_is_asked_again(kind, method, refusal, is_retried):
    script = Script(refusal, FINE)
    client = script.client(kind)
    if is_retried:
        client.call(Struct(), method, "clouds")
        assert len(script.paused) == 1
    else:
        with pytest.raises(ApiError):
            client.call(Struct(), method, "clouds")
        assert script.paused == []


def test_clients_give_up_after_as_many_calls_as_they_are_said_to():
    for kind, calls, seconds in [(Codegen, 7, 59), (Handwritten, 11, 181)]:
        script = Script(LAG)
        client = script.client(kind)
        with pytest.raises(ApiError):
            client.call(Struct(), "POST", "clouds")
        assert (len(client.attempts), sum(script.paused)) == (calls, seconds)


def test_a_success_that_lists_errors_is_a_failure_to_the_handwritten_client_alone():
    body = {"message": "no", "errors": [{"message": "taken", "status": 409}]}
    Script(answer(200, body)).client(Codegen).call(Struct(), "GET", "clouds")
    with pytest.raises(ApiError, match="taken"):
        Script(answer(200, body)).client(Handwritten).call(Struct(), "GET", "clouds")


def test_what_ends_the_command_line_is_no_answer():
    for broken in (answer(200, ""), answer(200, {"error": "an error"})):
        with pytest.raises(ContractBroken):
            Script(broken).client(Codegen).call(Struct(), "GET", "clouds")
    for fine in (answer(204, "", None), answer(200, {"error": ""}), answer(200, {"error": None})):
        check(fine)


def test_errors_have_the_form_of_each_client():
    def message_of(kind, refusal) -> str:
        with pytest.raises(ApiError) as error:
            Script(refusal).client(kind).call(Struct(), "GET", "clouds")
        return error.value.message

    good = answer(400, {"message": "no", "errors": "whatever"})
    assert message_of(Codegen, good) == "no"
    assert message_of(Handwritten, good) == "failed to parse error response"
    assert message_of(Handwritten, answer(400, "<html>")) == "failed to parse error response"
    assert "cannot unmarshal" in message_of(Codegen, answer(400, {"message": 1}))


def test_requests_look_as_the_clients_make_them():
    for kind in (Codegen, Handwritten):
        client = Script(FINE).client(kind)
        client.call(Struct(), "PUT", "project", "a/b c", body={}, include_secrets="true")
        client.call(Struct(), "DELETE", "project")
        first, second = client.attempts
        assert first.url == "http://api/v1/project/a%2Fb%20c?include_secrets=true&limit=999"
        assert (first.body, second.body) == (b"{}", None)
        assert second.headers["content-type"] == JSON
        assert second.headers["authorization"] == "aivenv1 token"


def test_identical_concurrent_reads_are_one_request():
    entered, leave = threading.Event(), threading.Event()

    def slow(_request) -> Answer:
        entered.set()
        assert leave.wait(20)
        return FINE

    client = Codegen("http://api", "token", lambda _seconds: None, slow)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(client.call(Struct(), "GET", "clouds")))
        for _ in range(3)
    ]
    threads[0].start()
    assert entered.wait(20)
    # A second caller joins the flight of the first.
    for thread in threads[1:]:
        thread.start()
    leave.set()
    for thread in threads:
        thread.join(20)
    assert results == [{}, {}, {}]
    assert 1 <= len(client.attempts) <= 3
    client.call(Struct(), "GET", "clouds")


# === Waiting ===


def change(states, **options) -> StateChange:
    """Shows these states, the last one repeatedly; None means not found."""
    left = list(states)

    def refresh():
        state = left.pop(0) if len(left) > 1 else left[0]
        return (None, "") if state is None else ({}, state)

    return StateChange(Clock(), ("creating",), ("active",), refresh, **options)


def test_a_wait_ends_with_the_target():
    wait = change(["creating", "creating", "active"])
    wait.wait()
    # Ten seconds at first, then five, then twice as many, but never more than ten.
    assert (wait.polls, wait.clock.seconds) == (3, 25.0)


def test_an_unexpected_state_ends_a_wait_immediately():
    wait = change(["creating", "deleting"])
    with pytest.raises(UnexpectedState):
        wait.wait()
    assert wait.polls == 2


def test_nothing_found_is_borne_twenty_times_on_end():
    change([None] * 20 + ["creating"] + [None] * 20 + ["active"]).wait()
    wait = change([None] * 21)
    with pytest.raises(NothingFound):
        wait.wait()
    assert wait.polls == 21


def test_targets_are_counted_on_end():
    wait = change(["active", "active", "creating", "active"], in_a_row=3)
    wait.wait()
    assert wait.polls == 6
