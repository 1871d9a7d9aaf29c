"""The access log: one line per request with its route, status and actor, without its secrets."""

import requests

SECONDS = 20.0


def lines(stack, request: str) -> list[str]:
    """The lines about one kind of request, as `GET /route`."""
    log = stack.up.log_text().splitlines()
    return [line for line in log if "access_log" in line and f"{request} ->" in line]


def test_a_request_has_one_line_with_its_actor_and_without_its_query(stack):
    request = "GET /v1/underpass/project/{project}/services"
    before = len(lines(stack, request))
    stack.api.call("GET", "/underpass/project/demo/services?query=hidden-in-the-log")
    [line] = lines(stack, request)[before:]
    for part in (" INFO ", 'actor="operator@', "request.id=", "http.status=200", "duration_ms="):
        assert part in line
    assert "hidden-in-the-log" not in stack.up.log_text()
    assert stack.up.token not in stack.up.log_text()


def test_a_request_of_the_console_has_the_actor_of_its_session(stack):
    console = stack.up.ready["console"]
    with requests.Session() as visitor:
        visitor.post(f"{console}/sign-in", data={"token": stack.up.token}, timeout=SECONDS)
        assert visitor.get(f"{console}/project/demo", timeout=SECONDS).status_code == 200
    line = lines(stack, "GET /console/project/{project}")[-1]
    assert 'actor="operator@' in line
