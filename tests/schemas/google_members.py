"""Prints the members of requests of `compute.v1` that the emulated Google can read.

    google_members.py > crates/emulators/src/google/model/members.txt

A line for each schema: its name, then each member with its type. `-` is output only, `A|B` one of these
words, `[T]` a list, `{T}` a map of texts to T, a capital letter begins another schema.
"""

from google_documents import Description

# What is inserted, and the bodies of custom methods.
ROOTS = [
    "Address", "BackendService", "Firewall", "ForwardingRule", "HealthCheck", "Instance",
    "InstanceGroup", "InstanceGroupsAddInstancesRequest", "InstanceGroupsRemoveInstancesRequest",
    "Network", "NetworkEndpointGroup", "NetworkEndpointGroupsAttachEndpointsRequest",
    "NetworkEndpointGroupsDetachEndpointsRequest", "NetworkEndpointGroupsListEndpointsRequest",
    "RegionSetLabelsRequest", "ResourceGroupReference", "ServiceAttachment", "Subnetwork",
]  # fmt: skip
HEADER = "# Made by tests/schemas/google_members.py from the discovery document of compute.v1."


def kind(described: dict, name: str, needed: list) -> str:
    """The type of a value; `name` is that of an object which is described in place."""
    if described.get("readOnly"):
        return "-"
    if "$ref" in described:
        needed.append((described["$ref"], None))
        return described["$ref"]
    if "properties" in described:
        needed.append((name, described))
        return name
    if "enum" in described:
        return "|".join(described["enum"])
    if described["type"] == "array":
        return f"[{kind(described['items'], name, needed)}]"
    if described["type"] == "object":
        others = described.get("additionalProperties", {"type": "any"})
        return f"{{{kind(others, name, needed)}}}"
    # 64-bit numbers travel as texts.
    is_number = described.get("format") in ("int64", "uint64")
    return "integer" if is_number else described["type"]


def lines() -> list[str]:
    schemas = Description("compute.v1").schemas
    needed, done = [(name, None) for name in ROOTS], {}
    while needed:
        name, described = needed.pop()
        if name not in done:
            members = (described or schemas[name]).get("properties", {})
            done[name] = " ".join(
                f"{it}:{kind(members[it], f'{name}.{it}', needed)}" for it in sorted(members)
            )
    return [HEADER, *(f"{name} {members}".strip() for name, members in sorted(done.items()))]


if __name__ == "__main__":
    print("\n".join(lines()))
