"""The drivers' calls to clouds, read from the log of `up`."""

import re

# The log filter that shows them.
LOGGED = "underpass_clouds=debug"
CALL = re.compile(r"client: (?P<doing>\w[^`=]*?) `.*http\.method=(?P<method>\w+)")
WRITES = ("POST", "PUT", "PATCH", "DELETE")
# Some operations that only read use POST.
READING = ("list", "read the health", "getHealth")


def writes(log: str) -> list[str]:
    """The operations of all calls that may change something, such as `create subnet`."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    calls = [found for found in map(CALL.search, plain.splitlines()) if found]
    return [
        call["doing"]
        for call in calls
        if call["method"] in WRITES and not call["doing"].startswith(READING)
    ]
