"""A running `up` with the clients of its API and of the emulated Google."""

import itertools

import cloud_calls
from google_principals import USUAL_CLIENT, Consumer, Provider
from published_on_google import PublishedOnGoogle
from stack import Stack
from up import GOOGLE_CLOUD, Up


class GoogleStack(Stack):
    cloud = GOOGLE_CLOUD
    # PostgreSQL needs a feature switch on Google.
    kind = "redis"

    def __init__(self, up: Up):
        super().__init__(up)
        self._projects = itertools.count(1)
        self._provider = None

    @property
    def provider(self) -> Provider:
        if self._provider is None:
            self._provider = Provider(self.up)
        return self._provider

    @property
    def consumer(self) -> Consumer:
        """The consumer that `up` creates at its first start."""
        if self._consumer is None:
            self._consumer = Consumer.ready(self.up)
        return self._consumer

    def new_consumer(self, client: str = USUAL_CLIENT) -> Consumer:
        """A consumer with a project and a network of its own."""
        project = f"consumer-{next(self._projects)}"
        return Consumer.in_network(self.up, project, self.cidr(), client)

    def publication(self, name: str) -> PublishedOnGoogle:
        return PublishedOnGoogle(self, name)

    def needs(self, *, made: bool = True) -> dict:
        return {"user_config": {}}

    def create_link(self, published: PublishedOnGoogle, others=()) -> None:
        """Creates a link, which names no consumers on Google: each needs an approval."""
        published.create()

    def cloud_writes(self) -> int:
        """Counts in the log: the metric has the method alone, and on Google POST also reads."""
        return len(cloud_calls.writes(self.up.log_text()))

    def feature(self, name: str, enabled: bool) -> None:
        """Switches a feature of the project."""
        path = f"/underpass{self.api.project(f'features/{name}')}"
        self.api.ok("PUT", path, {"enabled": enabled})
