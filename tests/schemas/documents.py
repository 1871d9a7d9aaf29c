"""Documents and senders, for the checks of both clouds."""

from collections import defaultdict, deque

# A client writes what it has read, while others read and change the resource.
REMEMBERED = 8


class Shown:
    """The last documents that each emulator has shown of each resource."""

    def __init__(self):
        self._documents = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def add(self, emulator: str, path: str, document) -> None:
        self._documents[emulator, path].append(document)

    def has(self, emulator: str, path: str, place: str, body) -> bool:
        """Reports whether a member of a body is as it was shown lately."""
        shown = self._documents.get((emulator, path), ())
        return any(echoed(place, body, one) for one in reversed(shown))


def ours(exchange: dict) -> bool:
    """Reports whether a driver or another client of ours sent the request."""
    return str(exchange["client"] or "").startswith("underpass/")


def is_refusal_in(text, place: str, known: set):
    """The findings in an error object with a code and a message."""
    if not isinstance(text, dict):
        yield place, "is no object"
        return
    for name in ("code", "message"):
        if not isinstance(text.get(name), str):
            yield f"{place}/{name}", "is no text"
    for extra in set(text) - known:
        yield f"{place}/{extra}", "is no member of an error"


def echoed(place: str, body, shown) -> bool:
    """Reports whether a member of a body is as in a document that was shown.

    A client that changes a part of a resource sends back the rest as it has read it, perhaps with
    fewer elements in a list or in another order: elements are found by their names.
    """
    for name in place.split("/")[1:]:
        if isinstance(body, list):
            body = body[int(name)]
            shown = same_element(body, shown)
        else:
            body = body[name]
            shown = shown.get(name) if isinstance(shown, dict) else None
    return body is not None and body == shown


def same_element(element, shown):
    """The element of a list that has the name or ID of another element."""
    if not isinstance(shown, list) or not isinstance(element, dict):
        return None
    for key in ("name", "id"):
        if key in element:
            it = [one for one in shown if isinstance(one, dict) and one.get(key) == element[key]]
            return it[0] if len(it) == 1 else None
    return None
