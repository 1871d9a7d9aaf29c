"""The main flows on two replicas with PostgreSQL: each request goes to the other one.

The flows are those of other modules; `scripts/test --full` runs more of them.
"""

import os

import pytest

import test_access_toggle as toggles
import test_concurrency as concurrency
import test_published_flow as on_azure
import test_published_flow_google as on_google
from conftest import run_stack
from google_stack import GoogleStack
from stack import Stack
from two_replicas import TwoReplicas


class AzureOnReplicas(Stack):
    def cloud_writes(self) -> int:
        return sum(Stack(server).cloud_writes() for server in self.up.servers)


@pytest.fixture
def azure(tmp_path):
    yield from run_stack(tmp_path / "azure", AzureOnReplicas, up=TwoReplicas)


@pytest.fixture
def google(tmp_path):
    yield from run_stack(tmp_path / "google", GoogleStack, up=TwoReplicas)


def test_postgresql_is_published_on_azure(azure, postgres, tmp_path):
    how_to = on_azure.HowTo(azure, postgres, tmp_path)
    on_azure.take_all_steps(how_to)


def test_redis_is_published_on_google(google, redis, tmp_path):
    how_to = on_google.HowTo(google, on_google.OfferedRedis(redis), tmp_path)
    on_google.take_all_steps(how_to)
    how_to.leave_nothing_behind()


def test_toggles_and_concurrent_requests(azure):
    two = toggles.open_two_components(azure)
    toggles.test_a_flow_through_the_second_component_outlives_toggles_of_the_first(azure, two)
    toggles.test_a_toggle_is_one_write_to_the_cloud(azure, two)
    concurrency.test_endpoints_approved_concurrently_all_become_active(azure)
    concurrency.test_creating_the_same_link_concurrently_makes_one(azure)


def more_flows(stack) -> None:
    two = toggles.open_two_components(stack)
    toggles.test_approving_a_second_endpoint_touches_no_flow_of_the_first(stack, two)
    if stack.cloud == Stack.cloud:
        toggles.test_toggling_to_the_same_state_writes_nothing(stack, two)
        concurrency.test_concurrent_toggles_end_with_the_last_answer(stack)
        concurrency.test_links_created_concurrently_are_all_built_and_all_deleted(stack)


if os.environ.get("UNDERPASS_FULL"):

    def test_more_flows_on_azure(azure):
        more_flows(azure)

    def test_more_flows_on_google(google):
        more_flows(google)
