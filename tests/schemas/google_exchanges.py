"""Validates exchanges of the emulated Google against the discovery documents."""

import re
from urllib.parse import parse_qsl

from documents import Shown, ours
from google_documents import Description

# The APIs that the emulator answers, by the beginning of their paths; others are Compute Engine's.
OTHERS = (
    (re.compile(r"/v1/projects/[^/]+:(testIamPermissions|getIamPolicy)"), "cloudresourcemanager.v1"),
    (re.compile(r"/v1/projects/[^/]+/services"), "serviceusage.v1"),
)
# Members of an error, and of its entries.
ERROR = {"code", "message", "errors", "status", "details"}
ENTRY = {"message", "domain", "reason", "location", "locationType"}


class GoogleCheck:
    def __init__(self, report):
        self.report = report
        self.compute = Description("compute.v1")
        self.others = {}
        self.shown = Shown()

    def take(self, exchange: dict) -> None:
        self.report.exchanges += 1
        api = self.api(exchange["path"])
        method = api.method(exchange["method"], exchange["path"])
        if exchange["status"] >= 400:
            if exchange["reply"] is not None:
                self.report.replies += 1
                self.report.note("refusal", refusal(exchange["reply"], exchange["status"]))
        elif method is None:
            found = [("", f"is no method of {api.name}, and was answered")]
            self.report.note(f"{exchange['method']} {shape(exchange['path'])}", found)
            return
        if method is None:
            return
        self.query(exchange, method, api)
        self.request(exchange, method, api)
        if exchange["status"] < 400 and exchange["reply"] is not None:
            self.report.replies += 1
            self.reply(exchange, method, api)

    def api(self, path: str) -> Description:
        name = next((it for pattern, it in OTHERS if pattern.match(path)), None)
        if name is None:
            return self.compute
        return self.others.setdefault(name, Description(name))

    def query(self, exchange: dict, method: dict, api: Description) -> None:
        """Validates the parameters; others are findings only if we sent them or they had an effect."""
        if exchange["status"] >= 400 and not ours(exchange):
            return
        known = method.get("parameters", {}) | api.parameters
        for name, _ in parse_qsl(exchange["query"], keep_blank_values=True):
            if name not in known:
                self.report.note(f"query of {method['id']}", [(f"/{name}", "is no parameter")])

    def reply(self, exchange: dict, method: dict, api: Description) -> None:
        schema, reply = method["response"]["$ref"], exchange["reply"]
        self.report.note(schema, api.findings(reply, schema))
        if exchange["method"] == "GET":
            emulator = exchange["emulator"]
            self.shown.add(emulator, exchange["path"], reply)
            for entry in reply.get("items", []) if isinstance(reply, dict) else []:
                if isinstance(entry, dict) and "name" in entry:
                    self.shown.add(emulator, f"{exchange['path']}/{entry['name']}", entry)

    def request(self, exchange: dict, method: dict, api: Description) -> None:
        body = exchange["request"]
        if body is None:
            return
        if exchange["status"] >= 400 and not ours(exchange):
            self.report.others["bodies of other clients that were refused, not validated"] += 1
            return
        self.report.bodies += 1
        document = f"body of {method['id']}"
        if "request" not in method:
            self.report.note(document, [("", "is not expected")])
            return
        found = []
        for place, what in api.findings(body, method["request"]["$ref"], asked=True):
            kept = what == "is read-only" or what.startswith("is no member")
            if not kept:
                # A merge patch removes what it names with null.
                if exchange["method"] == "PATCH" and what.startswith("is null,"):
                    continue
                found.append((place, what))
            elif self.shown.has(exchange["emulator"], exchange["path"], place, body):
                self.report.others["members sent back as they were read"] += 1
            elif ours(exchange) or what != "is read-only":
                found.append((place, what))
            else:
                self.report.others["read-only members that other clients made up"] += 1
        self.report.note(document, found)


def shape(path: str) -> str:
    """A path whose every second segment, a name, is left out."""
    segments = path.removeprefix("/compute/v1").strip("/").split("/")
    return "/".join("…" if index % 2 else it for index, it in enumerate(segments))


def refusal(body, status: int):
    """The findings in an error body of Google's APIs."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or set(body) != {"error"}:
        yield "", "is no error body"
        return
    if error.get("code") != status:
        yield "/error/code", f"is {error.get('code')!r}, not the status {status}"
    if not isinstance(error.get("message"), str):
        yield "/error/message", "is no text"
    for extra in set(error) - ERROR:
        yield f"/error/{extra}", "is no member of an error"
    entries = error.get("errors")
    if not isinstance(entries, list) or not entries:
        yield "/error/errors", "is no list with an entry"
        return
    for entry in entries:
        if not isinstance(entry, dict):
            yield "/error/errors/0", "is no object"
            continue
        for name in ("message", "domain", "reason"):
            if not isinstance(entry.get(name), str):
                yield f"/error/errors/0/{name}", "is no text"
        for extra in set(entry) - ENTRY:
            yield f"/error/errors/0/{extra}", "is no member of an error"
