"""Requests that schemathesis makes of a description of an API, and what their answers must be."""

from collections import Counter
from dataclasses import dataclass, field

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Of ten requests, those with names and IDs of existing objects in the place of drawn ones.
EXISTING_OF_TEN = 7
REQUEST_SECONDS = 60.0
# The first findings of a kind are printed whole.
SHOWN_FINDINGS = 40


@dataclass
class Attack:
    """Sends requests to one API and collects what breaks its description."""

    base_url: str
    # Headers of a caller, each with its weight.
    callers: dict[str, tuple[int, dict[str, str]]]
    # Values of existing objects, by the name of the parameter.
    existing: dict[str, list[str]]
    # A fault in the form of a refusal, or nothing.
    check_refusal: object
    statuses: Counter = field(default_factory=Counter)
    operations: int = 0
    findings: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self):
        self.session = requests.Session()
        self.session.trust_env = False
        weighted = [name for name, (weight, _) in self.callers.items() for _ in range(weight)]
        self.choice = st.tuples(st.sampled_from(weighted), st.integers(0, 9), st.integers(0, 1 << 16))

    @property
    def cases(self) -> int:
        return sum(self.statuses.values())

    def run(self, operation, cases: int, number: int, callers: set[str]) -> None:
        """Sends about `cases` requests of one operation, half of them against its description."""
        self.operations += 1
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @seed(number)
            @settings(
                max_examples=max(cases // 2, 1),
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                verbosity=Verbosity.quiet,
            )
            @given(case=operation.as_strategy(generation_mode=mode), choice=self.choice)
            def attack(case, choice):
                self.send(case, choice, callers)

            try:
                attack()
            except Unsatisfiable:
                # An operation without parameters and body cannot be broken.
                pass

    def send(self, case, choice, callers: set[str]) -> None:
        caller, existing, place = choice
        if caller not in callers:
            caller = next(iter(sorted(callers)))
        if existing < EXISTING_OF_TEN:
            for name in case.path_parameters or {}:
                if values := self.existing.get(name):
                    case.path_parameters[name] = values[place % len(values)]
        headers = self.callers[caller][1]
        case.headers = {
            name: value for name, value in (case.headers or {}).items()
            if name.lower() != "authorization"
        }  # fmt: skip
        try:
            response = case.call(
                base_url=self.base_url, session=self.session, headers=headers,
                timeout=REQUEST_SECONDS,
            )  # fmt: skip
        except requests.RequestException as error:
            self.find(case, type(error).__name__, f"{caller}: {error}")
            return
        self.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                self.find(case, type(failure).__name__, f"{caller}: {failure}")
        except Failure as failure:
            self.find(case, type(failure).__name__, f"{caller}: {failure}")
        if response.status_code >= 400 and (fault := self.check_refusal(response)):
            self.find(case, "RefusalForm", f"{caller}: {fault}: {response.content[:500]!r}")

    def find(self, case, kind: str, text: str) -> None:
        label = f"{case.method} {case.path}"
        shown = f"{label} {case.path_parameters} {case.query} {str(case.body)[:300]}\n{text}"
        self.findings.setdefault((label, f"{kind} {text[:60]}"), shown)

    def summary(self) -> str:
        statuses = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        return f"{self.cases} cases of {self.operations} operations: {statuses}"

    def report(self) -> str:
        shown = list(self.findings.values())[:SHOWN_FINDINGS]
        return "\n\n".join([self.summary(), f"{len(self.findings)} findings", *shown])


def operations(document: dict) -> list:
    schema = schemathesis.openapi.from_dict(document)
    return [result.ok() for result in schema.get_all_operations()]
