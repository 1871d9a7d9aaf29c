"""The drivers' calls to clouds, as the log of `up` tells them."""

import re

# What makes them be logged.
LOGGED = "underpass_clouds=debug"
CALL = re.compile(r"client: (?P<doing>\w[^`=]*?) `.*http\.method=(?P<method>\w+)")
WRITES = ("POST", "PUT", "PATCH", "DELETE")
# Google has listings that are asked for with POST.
LISTING = "list"


def writes(log: str) -> list[str]:
    """What was done by each call that may change something, such as `create subnet`."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    calls = [found for found in map(CALL.search, plain.splitlines()) if found]
    return [
        call["doing"]
        for call in calls
        if call["method"] in WRITES and not call["doing"].startswith(LISTING)
    ]
