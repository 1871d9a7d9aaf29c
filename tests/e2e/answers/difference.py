"""Differences between two recordings: of members and values, and of human text."""

import re
from dataclasses import dataclass

from answers.recorder import Exchange

# Members that hold text for human readers.
HUMAN = ("description", "message", "title")
# Clients look for these in messages: a text that has one keeps it.
MATCHED = (
    re.compile(r"Service \S+ does not exist"),
    re.compile(r"User (avnadmin|root) with component main not found"),
    re.compile(r"already exists"),
    re.compile(r"Privatelink not found"),
    re.compile(r"Invalid access token|Missing authorization", re.IGNORECASE),
)


@dataclass(frozen=True)
class Difference:
    """One place where two answers differ."""

    where: str
    path: str
    old: object
    new: object
    is_text: bool

    def __str__(self) -> str:
        return f"{self.where} {self.path}\n  old: {self.old!r}\n  new: {self.new!r}"


def compare(old: Exchange, new: Exchange) -> list[Difference]:
    where = f"[{old.step}] {old.method} {old.path}"
    found: list[Difference] = []
    for name in ("step", "method", "path", "status", "headers"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            found.append(Difference(where, name, before, after, is_text=False))
    walk(where, "$", old.body, new.body, found)
    return found


def walk(where: str, path: str, old, new, found: list[Difference]) -> None:
    """Compares values; members are compared with their order."""
    if isinstance(old, dict) and isinstance(new, dict):
        if list(old) != list(new):
            found.append(Difference(where, f"{path} members", list(old), list(new), False))
        for name in old.keys() & new.keys():
            walk(where, f"{path}.{name}", old[name], new[name], found)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            walk(where, f"{path}[{number}]", before, after, found)
    elif old != new or type(old) is not type(new):
        found.append(Difference(where, path, old, new, is_human(path, old, new)))


def is_human(path: str, old, new) -> bool:
    """Reports whether a value is text for human readers that clients do not match."""
    if path.rsplit(".", 1)[-1] not in HUMAN or not (isinstance(old, str) and isinstance(new, str)):
        return False
    return all(bool(it.search(old)) == bool(it.search(new)) for it in MATCHED)
