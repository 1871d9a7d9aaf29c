"""Validates exchanges of the emulated Azure against Microsoft's models."""

import azure_models as models
from documents import Shown, is_refusal_in, ours

PROVIDER = "/providers/microsoft.network/"

# The model of the last collection in a path.
MODELS = {
    "autoapprovedprivatelinkservices": "AutoApprovedPrivateLinkService",
    "backendaddresspools": "BackendAddressPool",
    "frontendipconfigurations": "FrontendIPConfiguration",
    "loadbalancers": "LoadBalancer",
    "loadbalancingrules": "LoadBalancingRule",
    "networkinterfaces": "NetworkInterface",
    "networksecuritygroups": "NetworkSecurityGroup",
    "privatednszonegroups": "PrivateDnsZoneGroup",
    "privateendpointconnections": "PrivateEndpointConnection",
    "privateendpoints": "PrivateEndpoint",
    "privatelinkservices": "PrivateLinkService",
    "probes": "Probe",
    "publicipaddresses": "PublicIPAddress",
    "securityrules": "SecurityRule",
    "subnets": "Subnet",
    "usages": "Usage",
    "virtualnetworks": "VirtualNetwork",
}

# The models of bodies and replies of actions, by the last segment of their paths.
ACTIONS = {
    "checkprivatelinkservicevisibility": (
        "CheckPrivateLinkServiceVisibilityRequest", "PrivateLinkServiceVisibility",
    ),
    "health": (None, "LoadBalancerHealthPerRule"),
}  # fmt: skip


def target(path: str) -> tuple[str | None, bool]:
    """The model of a path of the network provider, and whether the path is a list."""
    lower = path.lower()
    if PROVIDER not in lower:
        return None, False
    segments = lower.split(PROVIDER, 1)[1].split("/")
    if segments[0] == "locations":
        return MODELS.get(segments[-1]), True
    is_list = len(segments) % 2 == 1
    return MODELS.get(segments[-1] if is_list else segments[-2]), is_list


class AzureCheck:
    def __init__(self, report):
        self.report = report
        self.shown = Shown()

    def take(self, exchange: dict) -> None:
        self.report.exchanges += 1
        self.request(exchange)
        if exchange["reply"] is not None:
            self.report.replies += 1
            self.reply(exchange)

    def reply(self, exchange: dict) -> None:
        path, reply = exchange["path"].lower(), exchange["reply"]
        name, is_list = target(path)
        action = path.rsplit("/", 1)[-1]
        if exchange["status"] >= 400:
            self.report.note("refusal", refusal(reply, is_private_dns(path)))
        elif "/operations/" in path:
            self.report.note("operation", operation(reply))
        elif exchange["method"] == "POST" and action in ACTIONS:
            self.report.note(ACTIONS[action][1], self.compare(reply, ACTIONS[action][1]))
        elif "/operationresults/" in path:
            # Only the result of a question about health has a body.
            self.report.note("result", self.compare(reply, ACTIONS["health"][1]))
        elif is_private_dns(path):
            self.report.replies -= 1
            self.report.others["replies of private DNS, which has other models, not validated"] += 1
        elif name is None:
            self.report.replies -= 1
            self.report.others["replies of other providers, not validated"] += 1
        elif is_list and exchange["method"] == "GET":
            self.report.note(name, self.of_list(exchange["emulator"], reply, name))
        else:
            self.report.note(name, self.compare(reply, name))
            self.shown.add(exchange["emulator"], path, reply)

    def of_list(self, emulator: str, reply: dict, name: str):
        if not isinstance(reply, dict) or not isinstance(reply.get("value"), list):
            yield "", "is no list"
            return
        for extra in set(reply) - {"value", "nextLink"}:
            yield f"/{extra}", "is no member of a list"
        for entry in reply["value"]:
            yield from self.compare(entry, name)
            if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                self.shown.add(emulator, entry["id"].lower(), entry)

    def request(self, exchange: dict) -> None:
        body, method = exchange["request"], exchange["method"]
        if body is None:
            return
        if models.VERSION not in exchange["query"]:
            self.report.others["bodies of other api-versions, not validated"] += 1
            return
        if exchange["status"] >= 400 and not ours(exchange):
            self.report.others["bodies of other clients that were refused, not validated"] += 1
            return
        name, _ = target(exchange["path"])
        action = exchange["path"].lower().rsplit("/", 1)[-1]
        if method == "POST":
            name = ACTIONS.get(action, (None, None))[0]
        elif method == "PATCH" and name:
            name = "TagsObject"
        if name is None:
            self.report.others["bodies for other providers, not validated"] += 1
            return
        self.report.bodies += 1
        found = []
        for place, what in self.compare(body, name, asked=True):
            kept = what == "is read-only" or what.startswith("is no member")
            if not kept:
                found.append((place, what))
            elif self.shown.has(exchange["emulator"], exchange["path"].lower(), place, body):
                self.report.others["members sent back as they were read"] += 1
            elif ours(exchange) or what != "is read-only":
                found.append((place, what))
            else:
                self.report.others["read-only members that other clients made up"] += 1
        self.report.note(f"body of {method} {name}", found)

    @staticmethod
    def compare(document, name: str, asked: bool = False):
        return models.findings(document, models.model(name), asked=asked)


def is_private_dns(path: str) -> bool:
    """Reports whether private DNS answers for a path, which is in lower case."""
    return PROVIDER + "privatedns" in path


def refusal(body, is_bare=False):
    """The findings in an error body: code, message, details with both.

    That of private DNS may be the error itself.
    """
    if is_bare and isinstance(body, dict) and "error" not in body:
        body = {"error": body}
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or set(body) != {"error"}:
        yield "", "is no error body"
        return
    details = error.get("details", [])
    if not isinstance(details, list):
        yield "/error/details", "is no list"
        details = []
    for place, text in [("/error", error)] + [("/error/details", it) for it in details]:
        yield from is_refusal_in(text, place, {"code", "message", "details", "target"})


def operation(body):
    """The findings in the status of an operation."""
    known = ("InProgress", "Succeeded", "Failed", "Canceled")
    if not isinstance(body, dict) or body.get("status") not in known:
        yield "/status", "is none of " + ", ".join(known)
        return
    for extra in set(body) - {"status", "error"}:
        yield f"/{extra}", "is no member of an operation"
    if ("error" in body) != (body["status"] in ("Failed", "Canceled")):
        yield "/error", f"does not fit {body['status']}"
    if "error" in body:
        yield from refusal({"error": body["error"]})
