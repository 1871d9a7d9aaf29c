"""OpenAPI document of the part of Compute Engine that the emulated Google answers."""

from google_documents import document
from google_principals import COLLECTIONS

# Further collections, and the methods of all that the emulator knows.
OTHERS = (
    "regionNetworkEndpointGroups", "regions", "zones", "regionOperations", "zoneOperations",
    "globalOperations",
)  # fmt: skip
METHODS = (
    "get", "list", "aggregatedList", "insert", "patch", "update", "delete", "setLabels",
    "getHealth", "attachNetworkEndpoints", "detachNetworkEndpoints", "listNetworkEndpoints", "wait",
)  # fmt: skip
REFUSED = (400, 401, 403, 404, 405, 409, 412, 413, 429)
PATTERNS = {"int64": "^-?[0-9]{1,19}$", "uint64": "^[0-9]{1,20}$"}
RANGES = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1)}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "errors": {"type": "array"},
            },
        }
    },
}


def google_description() -> dict:
    discovery = document("compute.v1")
    paths: dict[str, dict] = {}
    for collection in (*COLLECTIONS, *OTHERS):
        for name, method in discovery["resources"][collection]["methods"].items():
            if name in METHODS:
                path = f"/{discovery['servicePath']}{method.get('flatPath', method['path'])}"
                paths.setdefault(path, {})[method["httpMethod"].lower()] = operation(method)
    schemas = {name: schema(it) for name, it in discovery["schemas"].items()}
    info = {"title": "Compute Engine", "version": discovery["version"]}
    return {
        "openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas},
    }  # fmt: skip


def operation(method: dict) -> dict:
    described = {
        "operationId": method["id"],
        "parameters": [parameter(*it) for it in method.get("parameters", {}).items()],
        "responses": {
            **success(method),
            **{str(status): answer(ERROR) for status in REFUSED},
        },
    }
    if "request" in method:
        described["requestBody"] = {"required": True} | answer(schema(method["request"]))
    return described


def success(method: dict) -> dict:
    # The deletion of an operation is answered without a body.
    if "response" not in method:
        return {"204": {"description": ""}}
    return {"200": answer(schema(method["response"]))}


def answer(body: dict) -> dict:
    return {"description": "", "content": {"application/json": {"schema": body}}}


def parameter(name: str, described: dict) -> dict:
    value = schema(described)
    return {
        "name": name,
        "in": described["location"],
        "required": described.get("required", False),
        "schema": {"type": "array", "items": value} if described.get("repeated") else value,
    }


def schema(described: dict) -> dict:
    """The JSON schema of a value; Google refuses members that it does not describe."""
    if "$ref" in described:
        return {"$ref": f"#/components/schemas/{described['$ref']}"}
    kind = described.get("type", "any")
    if kind == "any":
        return {}
    made = {"type": kind}
    if kind == "array":
        made["items"] = schema(described["items"])
    elif kind == "object":
        members = described.get("properties", {})
        made["properties"] = {name: schema(it) for name, it in members.items()}
        others = described.get("additionalProperties")
        made["additionalProperties"] = schema(others) if others else False
    if "enum" in described:
        made["enum"] = described["enum"]
    form = described.get("format")
    if pattern := described.get("pattern") or (kind == "string" and PATTERNS.get(form)):
        made["pattern"] = f"^(?:{pattern})$"
    if kind == "integer" and form in RANGES:
        made["minimum"], made["maximum"] = RANGES[form]
    return made
