"""`underpass doctor` on paths through Google with one fault each."""

import pytest

from conftest import run_stack
from google_stack import GoogleStack
from test_doctor import (  # noqa: F401
    WINDOW,
    findings,
    test_a_node_where_nothing_listens,
    test_a_server_without_tls_where_clients_expect_it,
    test_certificates,
    test_objects_and_rules_that_another_program_deletes,
    test_objects_whose_absence_takes_a_proof,
    test_the_life_of_a_link_from_its_registration_to_a_flow,
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    directory = tmp_path_factory.mktemp("stack")
    yield from run_stack(directory, GoogleStack, absence_window=WINDOW)


def test_no_finding_was_wrong_on_google(findings):  # noqa: F811
    findings.check()
