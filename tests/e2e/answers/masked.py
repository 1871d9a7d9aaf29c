"""Takes out of answers what differs between any two runs: ids, times, keys, certificates, ports."""

import json
import re

from answers.recorder import Exchange

# In this order: a longer form before a shorter one that is part of it.
MASKS = [
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----\n?", re.DOTALL), "[pem]"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "[uuid]"),
    (re.compile(r"\bplc[0-9a-f]{12}\b"), "[plc]"),
    (re.compile(r"\bip[0-9a-f]{12}\b"), "[static-ip]"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "[time]"),
    # Names of cloud objects end with a part of an id.
    (re.compile(r"(?<=-)[0-9a-f]{16}\b"), "[id]"),
    (re.compile(r"\bup-s[0-9a-f]{12}\b"), "[link]"),
    # Secrets that are drawn: 32 bytes in base64url.
    (re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])", re.ASCII), "[secret]"),
    (re.compile(r'(?<="psc_connection_id": ")\d+'), "[number]"),
    (re.compile(r'(?<="link_identifier": ")\d+'), "[number]"),
    (re.compile(r"(?<=/forwardingRules/)\d+"), "[number]"),
]
# Addresses of static IPs are drawn at random.
STATIC_IP = re.compile(r'(?<="ip_address": ")[0-9.]+')


def masked(exchange: Exchange, own: dict[str, str]) -> Exchange:
    """The exchange without what is peculiar to its run; `own` are the run's texts and masks."""

    def mask(text: str) -> str:
        for given, mask in own.items():
            text = text.replace(given, mask)
        for pattern, mask in MASKS:
            text = pattern.sub(mask, text)
        return STATIC_IP.sub("[address]", text)

    return Exchange(
        exchange.step,
        exchange.method,
        mask(exchange.path),
        exchange.status,
        {name: mask(value) for name, value in exchange.headers.items()},
        json.loads(mask(json.dumps(exchange.body))),
    )
