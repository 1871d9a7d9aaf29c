"""Decodes JSON as Go's `encoding/json` does: into declared types, refusing any other.

Null leaves the zero value, unknown members are ignored, and a missing member stays zero; a pointer
that is dereferenced must not be (`dereference`).
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime

# RFC 3339 §5.6, as `time.Time` reads it.
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
INT64 = range(-(2**63), 2**63)
ZERO_TIME = "0001-01-01T00:00:00Z"


class Undecodable(Exception):
    """An `UnmarshalTypeError` of Go."""


class NilDereference(Exception):
    """A nil pointer dereference, which ends a Go program."""


@dataclass(frozen=True)
class Scalar:
    """A type of one JSON kind."""

    name: str
    zero_value: object
    fits: object

    def zero(self):
        return self.zero_value

    def decode(self, value, where: str):
        if not self.fits(value):
            raise Undecodable(f"cannot unmarshal {json.dumps(value)} into {where} of {self.name}")
        return value


def is_time(value) -> bool:
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_int(value) -> bool:
    # In Python a bool is an int; in Go it is not.
    return isinstance(value, int) and not isinstance(value, bool) and value in INT64


STRING = Scalar("string", "", lambda value: isinstance(value, str))
BOOL = Scalar("bool", False, lambda value: isinstance(value, bool))
INT = Scalar("int", 0, is_int)
FLOAT = Scalar("float64", 0.0, lambda value: is_int(value) or isinstance(value, float))
TIME = Scalar("time.Time", ZERO_TIME, is_time)
ANY = Scalar("any", None, lambda value: True)


@dataclass(frozen=True)
class List:
    inner: object

    def zero(self):
        return []

    def decode(self, value, where: str):
        if not isinstance(value, list):
            raise Undecodable(f"cannot unmarshal {json.dumps(value)} into {where} of a slice")
        return [read(self.inner, item, f"{where}[{at}]") for at, item in enumerate(value)]


@dataclass(frozen=True)
class Map:
    inner: object

    def zero(self):
        return {}

    def decode(self, value, where: str):
        if not isinstance(value, dict):
            raise Undecodable(f"cannot unmarshal {json.dumps(value)} into {where} of a map")
        return {key: read(self.inner, item, f"{where}.{key}") for key, item in value.items()}


@dataclass(frozen=True)
class Pointer:
    inner: object

    def zero(self):
        return None

    def decode(self, value, where: str):
        return self.inner.decode(value, where)


class Struct:
    def __init__(self, **members):
        self.members = members

    def zero(self):
        return {name: kind.zero() for name, kind in self.members.items()}

    def decode(self, value, where: str):
        if not isinstance(value, dict):
            raise Undecodable(f"cannot unmarshal {json.dumps(value)} into {where} of a struct")
        # Go matches names in any case.
        sent = {key.lower(): item for key, item in value.items()}
        return {
            name: read(kind, sent.get(name.lower()), f"{where}.{name}")
            for name, kind in self.members.items()
        }

    def with_members(self, **members) -> "Struct":
        """A struct that embeds this one."""
        return Struct(**self.members | members)


def read(kind, value, where: str):
    return kind.zero() if value is None else kind.decode(value, where)


def refuse_constant(word: str):
    raise Undecodable(f"invalid character in {word}")


def decode(kind, text: bytes):
    """Decodes a whole body into a type."""
    try:
        value = json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as malformed:
        raise Undecodable(str(malformed)) from malformed
    return read(kind, value, "body")


def dereference(decoded: dict, member: str):
    """The target of a pointer, which must not be nil."""
    if decoded[member] is None:
        raise NilDereference(f"`{member}` is nil")
    return decoded[member]
