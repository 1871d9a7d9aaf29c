"""Differences from the vendors' descriptions with their reasons, as in docs/reference/schemas.md."""

import re
from typing import NamedTuple


class Listed(NamedTuple):
    cloud: str
    # Matches a finding: the name of the model, the place, and what is wrong there.
    pattern: str
    reason: str

    def matches(self, cloud: str, line: str) -> bool:
        return cloud.lower() == self.cloud and re.search(self.pattern, line) is not None


# A member that real Azure was recorded to answer, which Microsoft's models of no version have.
UNDESCRIBED = "Recorded with api-version 2025-05-01; in Microsoft's models of no version, 2026-03-01 included."

LISTED = [
    Listed(
        "azure",
        r"^NetworkInterface (/kind|/properties/allowPort25Out) is no member of NetworkInterface$",
        UNDESCRIBED,
    ),
    Listed(
        "azure",
        r"^PrivateEndpoint /properties/(resourceGuid|isIPv6EnabledPrivateEndpoint) is no member",
        UNDESCRIBED,
    ),
    Listed("azure", r"^PrivateLinkService /properties/resourceGuid is no member", UNDESCRIBED),
    Listed(
        "azure",
        r"^PrivateDnsZoneGroup (/type|/properties/privateDnsZoneConfigs/N/"
        r"(id|etag|type|properties/provisioningState)) is no member",
        UNDESCRIBED,
    ),
    Listed(
        "azure",
        r"^result .*/networkInterfaceIPConfigurationId is no object of",
        "The models of 2024-05-01 describe an object, those of later versions correct it to a string.",
    ),
]
