"""Requests that schemathesis makes of a description of an API, and what their answers must be."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
# Of ten requests, those with names and IDs of existing objects in the place of drawn ones.
EXISTING_OF_TEN = 9
REQUEST_SECONDS = 60.0
# The first findings of a kind are printed whole.
SHOWN_FINDINGS = 40


@dataclass
class Caller:
    """Sender of requests: the headers of its token, and its share of the requests."""

    headers: Callable[[], dict[str, str]]
    weight: int = 1
    # Requests to protected routes are answered with 401.
    is_refused: bool = False


@dataclass
class Existing:
    """Names and IDs of existing objects, and other values that the API accepts."""

    # By the names of parameters of paths.
    parameters: dict[str, list]
    # Sets of parameters whose objects belong together.
    links: list[dict[str, str]]
    # By the names of members of bodies.
    members: dict[str, list]

    def of_path(self, path: str, described: dict, choices: random.Random) -> dict[str, str]:
        """Values for the parameters of a path that do not make it another described one."""
        values = {name: choices.choice(it) for name, it in self.parameters.items() if it}
        if "{provider}" in path:
            paths = [path.replace("{provider}", it["provider"]) for it in self.links]
            links = [it for it, path in zip(self.links, paths) if path not in described]
        else:
            links = [it for it in self.links if f"/privatelink/{it['provider']}" in path]
        return values | choices.choice(links or self.links or [{}])


@dataclass
class Attack:
    """Sends requests to one API, counts their answers, and collects what breaks its description."""

    base_url: str
    callers: dict[str, Caller]
    # Read again before each operation.
    existing: Callable[[], Existing]
    # A fault in the form of a refusal, or nothing.
    check_refusal: Callable[[requests.Response], str | None]
    # Whether a request against the description may be answered with success all the same.
    may_succeed: Callable[[schemathesis.Case], bool]
    number: int
    # Parameters of the path and the body of a request to an operation, by its ID, that succeeds.
    prepared: Callable[[str], tuple[dict, dict | None] | None] = lambda _operation: None
    # The file of the authority that the API's certificate is of.
    authority: str | bool = True
    statuses: dict[str, Counter] = field(default_factory=dict)
    kinds: Counter = field(default_factory=Counter)
    refused_callers: Counter = field(default_factory=Counter)
    # Operations that no request can break: they have no body, no query and no limited parameter.
    unbreakable: list[str] = field(default_factory=list)
    findings: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self):
        self.session = requests.Session()
        self.session.trust_env = False
        self.random = random.Random(self.number)
        self.names = list(self.callers)
        self.weights = [it.weight for it in self.callers.values()]
        self.helped = set()

    @property
    def cases(self) -> int:
        return sum(counter.total() for counter in self.statuses.values())

    @property
    def silent(self) -> list[str]:
        """The operations that no request succeeded with."""
        return [label for label, it in self.statuses.items() if not any(s < 300 for s in it)]

    def cover(self, operation, only: str | None = None) -> None:
        """Sends the listed requests of one operation: each limit of each value, kept and broken."""
        schema = operation.schema
        existing = self.existing()
        cases = schema.iter_coverage_cases(
            operation,
            generation_modes=MODES,
            generation_config=schema.config.generation_for(operation=operation, phase="coverage"),
            unexpected_methods_seen=set(),
        )
        for case in cases:
            self.send(case, "listed", existing, only)

    def draw(self, operation, count: int, only: str | None = None) -> None:
        """Sends about `count` drawn requests of one operation, half against its description."""
        modes = MODES
        if not breakable(operation):
            modes = [GenerationMode.POSITIVE]
            self.unbreakable.append(operation.label)
        existing = self.existing()
        for mode in modes:

            @seed(f"{self.number} {operation.label} {mode.value}")
            @settings(
                max_examples=max(count // len(modes), 1),
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                verbosity=Verbosity.quiet,
            )
            @given(operation.as_strategy(generation_mode=mode), st.integers(0, 1 << 32))
            def send(case, _number):
                # Without the number, a request without parameters is drawn once, for one caller.
                self.send(case, "drawn", existing, only)

            send()

    def send(self, case, origin: str, existing: Existing, only: str | None) -> None:
        name = only or self.random.choices(self.names, self.weights)[0]
        label = case.operation.label
        if origin == "drawn" and self.prepare(case):
            # The first one of each operation must succeed.
            name = name if label in self.helped else self.names[0]
            self.helped.add(label)
        else:
            self.place(case, existing)
        caller = self.callers[name]
        headers = caller.headers()
        case.headers = {
            header: value for header, value in (case.headers or {}).items()
            if header.lower() != "authorization"
        }  # fmt: skip
        try:
            response = case.call(
                base_url=self.base_url, session=self.session, headers=headers,
                timeout=REQUEST_SECONDS, verify=self.authority,
            )  # fmt: skip
        except requests.RequestException as error:
            self.find(case, type(error).__name__, f"{name}: {error}")
            return
        self.statuses.setdefault(label, Counter())[response.status_code] += 1
        self.kinds[f"{origin} {case.meta.generation.mode.value}"] += 1
        self.check(case, response, name)

    def prepare(self, case) -> bool:
        """Makes a quarter of the requests within the description ones that succeed, and the first."""
        if case.meta.generation.mode.is_negative:
            return False
        if case.operation.label in self.helped and self.random.randrange(4):
            return False
        made = self.prepared(case.operation.definition.raw.get("operationId", ""))
        if made is None:
            return False
        parameters, body = made
        case.path_parameters = {name: parameters[name] for name in case.path_parameters or {}}
        case.query = {}
        if body is not None:
            case.body = body
        return True

    def place(self, case, existing: Existing) -> None:
        """Puts existing objects in the place of drawn names that are not meant to be wrong."""
        broken = case.meta.phase.data.parameter
        mode = case.meta.components.get(ParameterLocation.PATH)
        is_drawn_wrong = mode is not None and mode.mode.is_negative and broken is None
        values = existing.of_path(case.path, case.operation.schema.raw_schema["paths"], self.random)
        for name in [] if is_drawn_wrong else list(case.path_parameters or {}):
            if name != broken and name in values and self.chosen():
                case.path_parameters[name] = values[name]
        self.place_in(case.body, existing, case.meta)

    def place_in(self, value, existing: Existing, meta) -> None:
        """Puts existing objects in a body, but not in the member that is meant to be wrong."""
        if isinstance(value, list):
            for it in value:
                self.place_in(it, existing, meta)
        if not isinstance(value, dict):
            return
        mode = meta.components.get(ParameterLocation.BODY)
        is_wrong = mode is not None and mode.mode.is_negative
        described = meta.phase.data.description or ""
        for name, it in value.items():
            known = existing.members.get(name)
            if is_wrong and (meta.phase.name is not TestPhase.COVERAGE or name in described):
                known = None
            if not known:
                self.place_in(it, existing, meta)
            elif type(it) is type(known[0]) and self.chosen():
                value[name] = self.random.choice(known)

    def chosen(self) -> bool:
        return self.random.randrange(10) < EXISTING_OF_TEN

    def check(self, case, response, name: str) -> None:
        checks = CHECKS if self.may_succeed(case) else [*CHECKS, negative_data_rejection]
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                self.find(case, type(failure).__name__, f"{name}: {failure}")
        except Failure as failure:
            self.find(case, type(failure).__name__, f"{name}: {failure}")
        if response.status_code == 401:
            self.refused_callers[name] += 1
        is_protected = "401" in case.operation.definition.raw["responses"]
        if response.status_code == 401 and not self.callers[name].is_refused:
            self.find(case, "Refused", f"{name}: 401 {response.content[:500]!r}")
        if is_protected and self.callers[name].is_refused and response.status_code < 400:
            self.find(case, "Accepted", f"{name}: {response.status_code} without a valid token")
        if response.status_code >= 400 and (fault := self.check_refusal(response)):
            self.find(case, "RefusalForm", f"{name}: {fault}: {response.content[:500]!r}")

    def find(self, case, kind: str, text: str) -> None:
        label = f"{case.method} {case.path}"
        phase = case.meta.phase.data
        shown = (
            f"{label} {case.path_parameters} {case.query} {str(case.body)[:400]}\n"
            f"{kind} ({phase.parameter}: {phase.description}) {text}"
        )
        self.findings.setdefault((label, f"{kind} {text[:60]}"), shown)

    def figures(self) -> str:
        """Counts of requests and answers, in lines."""
        statuses = sum(self.statuses.values(), Counter())
        counts = sorted(it.total() for it in self.statuses.values())
        lines = [
            f"seed {self.number}: {self.cases} requests of {len(self.statuses)} operations,"
            f" {counts[0]} to {counts[-1]} of each, {len(self.findings)} findings",
            "made: " + listed(self.kinds),
            "answered: " + listed(statuses),
            "401 for: " + listed(self.refused_callers),
            f"drawn within the description only ({len(self.unbreakable)}): "
            + ", ".join(self.unbreakable),
            f"answered with success: {len(self.statuses) - len(self.silent)} operations; never"
            f" ({len(self.silent)}): " + ", ".join(self.silent),
        ]
        return "\n".join(lines)

    def report(self) -> str:
        """The figures, the findings, and the statuses of each operation."""
        rows = [f"{label}: {listed(it)}" for label, it in self.statuses.items()]
        shown = list(self.findings.values())[:SHOWN_FINDINGS]
        return "\n\n".join([self.figures(), *shown, "\n".join(rows)])


def listed(counter: Counter) -> str:
    return ", ".join(f"{count} × {it}" for it, count in sorted(counter.items()))


def breakable(operation) -> bool:
    """Tells whether a request can break the description, which no text of a path alone does."""
    raw = operation.definition.raw
    if "requestBody" in raw:
        return True
    return any(
        it["in"] != "path" or it["schema"] != {"type": "string", "minLength": 1}
        for it in raw.get("parameters", [])
    )


def operations(document: dict) -> list:
    """The operations, from those that only read to those that remove objects, children first."""
    # Callers bring their own tokens; schemathesis would draw some.
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(document)
    found = [result.ok() for result in schema.get_all_operations()]
    ranks = {"get": 0, "delete": 2}
    return sorted(found, key=lambda it: (rank := ranks.get(it.method, 1), -depth(it) * (rank == 2)))


def depth(operation) -> int:
    return operation.path.count("/")
