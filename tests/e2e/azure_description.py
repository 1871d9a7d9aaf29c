"""OpenAPI document of the part of Azure Resource Manager that the emulated Azure answers.

Schemas come from the models of the installed SDK; paths from the table of the emulated types.
"""

import datetime
import enum
import typing

from azure.mgmt.network import models
from azure.mgmt.network._utils.model_base import Model, _RestField
from azure.mgmt.network.models import _models

# The api-version of the installed azure-mgmt-network, and of groups.
VERSION = "2026-03-01"
GROUPS_VERSION = "2025-04-01"
NETWORK = "/providers/Microsoft.Network"
SUBSCRIPTION = "/subscriptions/{subscriptionId}"
GROUP = f"{SUBSCRIPTION}/resourcegroups/{{group}}"
LOCATION = f"{SUBSCRIPTION}{NETWORK}/locations/{{location}}"

# Types: collection, model, and whether tags are updated by PATCH.
TYPES = (
    ("privateEndpoints", "PrivateEndpoint", False),
    ("privateLinkServices", "PrivateLinkService", False),
    ("networkInterfaces", "NetworkInterface", True),
    ("loadBalancers", "LoadBalancer", True),
    ("publicIPAddresses", "PublicIPAddress", True),
    ("virtualNetworks", "VirtualNetwork", True),
)  # fmt: skip
# Children: parent, collection, model.
CHILDREN = (
    ("virtualNetworks", "subnets", "Subnet"),
    ("privateLinkServices", "privateEndpointConnections", "PrivateEndpointConnection"),
)  # fmt: skip
# Elements, which are only read.
ELEMENTS = (
    ("loadBalancers", "loadBalancingRules", "LoadBalancingRule"),
    ("loadBalancers", "probes", "Probe"),
    ("loadBalancers", "frontendIPConfigurations", "FrontendIPConfiguration"),
)  # fmt: skip
# Whole objects in the models of which a request only needs the ID.
REFERENCES = frozenset({
    "Subnet", "PublicIPAddress", "NetworkInterface", "NetworkSecurityGroup", "RouteTable",
    "NatGateway", "FrontendIPConfiguration", "BackendAddressPool", "PrivateEndpoint",
    "PrivateLinkService", "ServiceEndpointPolicy", "NetworkInterfaceTap", "VirtualNetworkTap",
    "ApplicationGatewayBackendAddressPool", "ApplicationSecurityGroup", "InboundNatRule",
    "ApplicationGatewayIPConfiguration", "VirtualNetworkPeering", "IPAllocation",
})  # fmt: skip
# Owners of the objects that they contain whole.
OWNERS = {
    "LoadBalancerPropertiesFormat": {"FrontendIPConfiguration", "BackendAddressPool"},
    "VirtualNetworkPropertiesFormat": {"Subnet"},
}
REFUSED = (400, 401, 403, 404, 405, 409, 412, 413, 415, 429)
REFERENCE = {
    "type": "object",
    "properties": {"id": {"type": "string"}},
    "additionalProperties": False,
}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "array"},
            },
        }
    },
}
TAGS = {
    "type": "object",
    "properties": {"tags": {"type": "object", "additionalProperties": {"type": "string"}}},
    "additionalProperties": False,
}
# The resource manager's own objects: their models are not those of the network provider.
RESOURCE_GROUP = {
    "type": "object",
    "required": ["location"],
    "properties": {"location": {"type": "string"}} | TAGS["properties"],
    "additionalProperties": False,
}
SIMPLE = {
    str: {"type": "string"}, int: {"type": "integer"}, float: {"type": "number"},
    bool: {"type": "boolean"}, datetime.datetime: {"type": "string"},
}  # fmt: skip


class Schemas:
    """Components of a document: for replies whole models, for requests without what is read only."""

    def __init__(self):
        self.made: dict[str, dict] = {}

    def of(self, name: str, asked: bool) -> dict:
        key = f"{name}Asked" if asked else name
        if key not in self.made:
            # First, because models contain each other.
            self.made[key] = {}
            self.made[key] = self.members(getattr(models, name), asked)
        return {"$ref": f"#/components/schemas/{key}"}

    def members(self, kind: type[Model], asked: bool) -> dict:
        hints = typing.get_type_hints(kind, vars(_models) | {"_models": models})
        members = {}
        for name, rest in fields(kind).items():
            if asked and rest._visibility == ["read"]:
                continue
            shown = rest._rest_name_input or name
            members[shown] = self.value(hints[name], asked, kind.__name__)
        return {"type": "object", "properties": members, "additionalProperties": not asked}

    def value(self, described, asked: bool, owner: str) -> dict:
        arguments = [it for it in typing.get_args(described) if it is not type(None)]
        origin = typing.get_origin(described)
        if origin is list:
            return {"type": "array", "items": self.value(arguments[0], asked, owner)}
        if origin is dict:
            return {
                "type": "object",
                "additionalProperties": self.value(arguments[1], asked, owner),
            }
        if origin is typing.Union:
            # The last one: an enumeration stands beside the text that it is.
            return self.value(arguments[-1], asked, owner)
        if described in SIMPLE:
            return SIMPLE[described]
        if isinstance(described, type) and issubclass(described, enum.Enum):
            # Replies may have values that are newer than the SDK.
            values = [it.value for it in described]
            return {"type": "string", "enum": values} if asked else {"type": "string"}
        if isinstance(described, type) and issubclass(described, Model):
            name = described.__name__
            whole = name in OWNERS.get(owner, ())
            if asked and name in REFERENCES and not whole:
                return REFERENCE
            return self.of(name, asked)
        return {}


def fields(kind: type[Model]) -> dict[str, _RestField]:
    found: dict[str, _RestField] = {}
    for base in reversed(kind.__mro__):
        found |= {name: it for name, it in vars(base).items() if isinstance(it, _RestField)}
    return found


def azure_description() -> dict:
    schemas = Schemas()
    paths: dict[str, dict] = {}

    def add(path: str, method: str, answer: dict, asked: dict | None = None, version=VERSION):
        paths.setdefault(path, {})[method] = operation(path, method, answer, asked, version)

    for collection, model, has_tags in TYPES:
        shown, asked = schemas.of(model, False), schemas.of(model, True)
        add(f"{SUBSCRIPTION}{NETWORK}/{collection}", "get", listed(shown))
        above = f"{GROUP}{NETWORK}/{collection}"
        add(above, "get", listed(shown))
        path = f"{above}/{{{collection}}}"
        add(path, "get", shown)
        add(path, "put", shown, asked)
        add(path, "delete", {})
        if has_tags:
            add(path, "patch", shown, TAGS)
    for parent, collection, model in CHILDREN:
        shown, asked = schemas.of(model, False), schemas.of(model, True)
        above = f"{GROUP}{NETWORK}/{parent}/{{{parent}}}/{collection}"
        add(above, "get", listed(shown))
        path = f"{above}/{{{collection}}}"
        add(path, "get", shown)
        add(path, "put", shown, asked)
        add(path, "delete", {})
    for parent, collection, model in ELEMENTS:
        shown = schemas.of(model, False)
        above = f"{GROUP}{NETWORK}/{parent}/{{{parent}}}/{collection}"
        add(above, "get", listed(shown))
        add(f"{above}/{{{collection}}}", "get", shown)
    health = f"{GROUP}{NETWORK}/loadBalancers/{{loadBalancers}}/loadBalancingRules"
    add(f"{health}/{{loadBalancingRules}}/health", "post", {})
    add(f"{LOCATION}/usages", "get", listed(schemas.of("Usage", False)))
    automatic = schemas.of("AutoApprovedPrivateLinkService", False)
    add(f"{LOCATION}/autoApprovedPrivateLinkServices", "get", listed(automatic))
    add(
        f"{LOCATION}/checkPrivateLinkServiceVisibility", "post",
        schemas.of("PrivateLinkServiceVisibility", False),
        schemas.of("CheckPrivateLinkServiceVisibilityRequest", True),
    )  # fmt: skip
    whatever = {"type": "object"}
    for path in ("/subscriptions", f"{SUBSCRIPTION}/locations", f"{SUBSCRIPTION}/resourcegroups"):
        add(path, "get", listed(whatever), version=GROUPS_VERSION)
    add(f"{SUBSCRIPTION}/resources", "get", listed(whatever), version=GROUPS_VERSION)
    add(f"{GROUP}/resources", "get", listed(whatever), version=GROUPS_VERSION)
    add(SUBSCRIPTION, "get", whatever, version=GROUPS_VERSION)
    add(GROUP, "get", whatever, version=GROUPS_VERSION)
    add(GROUP, "put", whatever, RESOURCE_GROUP, GROUPS_VERSION)
    add(GROUP, "patch", whatever, TAGS, GROUPS_VERSION)
    add(GROUP, "delete", {}, version=GROUPS_VERSION)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Azure Resource Manager", "version": VERSION},
        "paths": paths,
        "components": {"schemas": schemas.made},
    }


def listed(shown: dict) -> dict:
    return {
        "type": "object",
        "required": ["value"],
        "properties": {"value": {"type": "array", "items": shown}},
    }


def operation(path: str, method: str, answer: dict, asked: dict | None, version: str) -> dict:
    names = [it.strip("{}") for it in path.split("/") if it.startswith("{")]
    parameters = [
        {"name": it, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for it in names
    ]
    parameters.append({
        "name": "api-version", "in": "query", "required": True,
        "schema": {"type": "string", "enum": [version]},
    })  # fmt: skip
    responses = {str(status): body(ERROR) for status in REFUSED}
    accepted = {"description": ""}
    if method == "delete":
        responses |= {"200": accepted, "202": accepted, "204": accepted}
    elif answer:
        responses |= {"200": body(answer)} | ({"201": body(answer)} if method == "put" else {})
    else:
        responses |= {"202": accepted}
    described = {
        "operationId": f"{method} {path}", "parameters": parameters, "responses": responses,
    }  # fmt: skip
    if asked is not None:
        described["requestBody"] = {"required": True} | body(asked)
    return described


def body(schema: dict) -> dict:
    return {"description": "", "content": {"application/json": {"schema": schema}}}
