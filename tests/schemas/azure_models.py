"""Microsoft's generated models of Azure's network provider, as they describe themselves."""

import datetime
import enum
import re
from functools import cache
from pathlib import Path

# The api-version of azure-mgmt-network 28.1.0, and of the Azure driver.
VERSION = "2024-05-01"

SIMPLE = {"str": str, "int": int, "bool": bool, "float": (int, float)}


def use(directory: Path | None) -> None:
    """Prefers the packages of a directory to those of the interpreter, which has a newer SDK."""
    import azure.mgmt

    if directory is not None:
        azure.mgmt.__path__ = [str(directory / "azure" / "mgmt"), *azure.mgmt.__path__]
    from azure.mgmt.network._version import VERSION as package

    assert package == "28.1.0", f"the models are of azure-mgmt-network {package}, not 28.1.0"


def model(name: str) -> type:
    from azure.mgmt.network import models

    return getattr(models, name)


@cache
def members(kind: type) -> dict:
    """The members of a model as a tree: names to trees, or to (type, rules, enumeration)."""
    tree: dict = {}
    for attribute, described in kind._attribute_map.items():
        *parents, name = re.split(r"(?<!\\)\.", described["key"])
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        rules = kind._validation.get(attribute, {})
        values = enumeration(kind, attribute)
        place[name.replace("\\.", ".")] = (described["type"], rules, values)
    return tree


@cache
def enumeration(kind: type, attribute: str) -> frozenset | None:
    """The values of a member that is an enumeration, by the type that the documentation names."""
    documented = re.search(
        rf":(?:ivar|vartype) {attribute}: str or\s+~azure\.mgmt\.network\.models\.(\w+)",
        kind.__doc__ or "",
    )
    if not documented:
        return None
    values = model(documented.group(1))
    return frozenset(it.value for it in values) if issubclass(values, enum.Enum) else None


def findings(document, kind: type, place: str = "", asked: bool = False):
    """Yields (place, what) for each difference; `asked`: read-only members are findings as well."""
    yield from in_tree(document, members(kind), kind, place, asked)


def in_tree(document, tree: dict, kind: type, place: str, asked: bool):
    if not isinstance(document, dict):
        yield place, f"is no object of {kind.__name__}"
        return
    for name, value in document.items():
        here = f"{place}/{name}"
        known = tree.get(name)
        if known is None:
            yield here, f"is no member of {kind.__name__}"
        elif isinstance(known, dict):
            yield from in_tree(value, known, kind, here, asked)
        elif asked and known[1].get("readonly"):
            yield here, "is read-only"
        else:
            yield from in_member(value, known, here, asked)
    for name, known in tree.items():
        if not isinstance(known, dict) and known[1].get("required") and name not in document:
            yield f"{place}/{name}", "is required"


def in_member(value, known: tuple, place: str, asked: bool):
    described, rules, values = known
    yield from of_type(value, described, place, asked)
    listed = value if isinstance(value, list) else [value]
    for one in listed:
        if values and isinstance(one, str) and one not in values:
            yield place, f"is {one!r}, not one of {', '.join(sorted(values))}"
    yield from in_range(value, rules, place)


def in_range(value, rules: dict, place: str):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not rules.get("minimum", value) <= value <= rules.get("maximum", value):
            yield place, f"is {value}, outside its range"
    if isinstance(value, str):
        if len(value) > rules.get("max_length", len(value)):
            yield place, "is too long"
        if rules.get("pattern") and not re.search(rules["pattern"], value):
            yield place, f"is not of the form {rules['pattern']}"


def of_type(value, described: str, place: str, asked: bool):
    if described.startswith("["):
        if not isinstance(value, list):
            yield place, "is no list"
            return
        for index, entry in enumerate(value):
            yield from of_type(entry, described[1:-1], f"{place}/{index}", asked)
    elif described.startswith("{"):
        if not isinstance(value, dict):
            yield place, "is no map"
            return
        for name, entry in value.items():
            yield from of_type(entry, described[1:-1], f"{place}/{name}", asked)
    elif described in ("object", "JSON"):
        return
    elif described == "iso-8601":
        try:
            datetime.datetime.fromisoformat(value)
        except (TypeError, ValueError):
            yield place, f"is {value!r}, no time"
    elif described in SIMPLE:
        wrong = isinstance(value, bool) and described != "bool"
        if wrong or not isinstance(value, SIMPLE[described]):
            yield place, f"is {value!r}, no {described}"
    else:
        yield from findings(value, model(described), place, asked)
