"""Documents of existing objects with one or a few mistakes, which machines do not draw from a schema."""

import copy
import random

VALUES = (
    None, "", " ", "x" * 5000, "\0", "ü/€", "../..", "/subscriptions/x", "https://[", "-1",
    "255.255.255.255/33", "10.0.0.0/0", 0, -1, 1.5, 2**31, 2**63, 2**70, 1e308, True, False, [], {},
    [None], [[]], {"id": None}, {"id": ""}, {"x": {"x": {}}},
)  # fmt: skip
# Of ten documents, those with a second and a third mistake.
MORE_OF_TEN = 3


def places(value, found: list | None = None) -> list[tuple]:
    """Every member and entry, as (container, key)."""
    found = [] if found is None else found
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, it in pairs:
        found.append((value, key))
        if isinstance(it, (dict, list)):
            places(it, found)
    return found


def broken(document: dict, choices: random.Random) -> dict:
    """A copy with mistakes."""
    made = copy.deepcopy(document)
    while True:
        known = places(made)
        if not known:
            return made
        spoil(known, choices)
        if choices.randrange(10) >= MORE_OF_TEN:
            return made


def spoil(known: list[tuple], choices: random.Random) -> None:
    container, key = choices.choice(known)
    way = choices.randrange(6)
    if way == 0:
        del container[key]
    elif way == 1 and isinstance(container, list):
        container.append(copy.deepcopy(container[key]))
    elif way == 2 and isinstance(container, dict):
        container[choices.choice(["unknown", str(key).upper(), ""])] = choices.choice(VALUES)
    elif way == 3:
        # The value of another place: of another type, or of the same one.
        other, name = choices.choice(known)
        container[key] = copy.deepcopy(other[name])
    else:
        container[key] = copy.deepcopy(choices.choice(VALUES))
