"""The provider with its configuration, and the common part of its resources."""

from terraform.transport import ApiError, Codegen, Handwritten
from terraform.wait import Clock


class Provider:
    """Both clients, as the environment variables of the provider would set them up."""

    def __init__(self, up, token: str | None = None):
        self.project = up.project
        self.clock = Clock()
        options = {"url": up.ready["api"], "token": token or up.token, "pause": self.clock.pause}
        self.codegen = Codegen(**options)
        self.handwritten = Handwritten(**options)

    def of_project(self, *segments: str) -> tuple[str, ...]:
        return "project", self.project, *segments


class Gone(Exception):
    """A resource whose read got a 404, so that it is dropped from the state."""


class Resource:
    """One `resource` block: `config` is its text, `state` the attributes that were read last."""

    def __init__(self, provider: Provider, **config):
        self.provider = provider
        self.config = config
        self.state = None

    @property
    def codegen(self) -> Codegen:
        return self.provider.codegen

    @property
    def handwritten(self) -> Handwritten:
        return self.provider.handwritten

    def create(self) -> None:
        raise NotImplementedError

    def read(self) -> dict:
        """Reads the attributes from the API."""
        raise NotImplementedError

    def update(self) -> None:
        raise AssertionError(f"{type(self).__name__} is replaced rather than updated")

    def delete(self) -> None:
        raise NotImplementedError

    # === Operations of Terraform ===

    def refreshed(self) -> dict:
        try:
            return self.read()
        except ApiError as error:
            if error.is_not_found:
                raise Gone(str(error)) from error
            raise

    def apply(self, **changed) -> dict:
        """Creates it, or updates it if configuration and attributes differ."""
        self.config |= changed
        if self.state is None:
            self.create()
        else:
            self.state = self.refreshed()
            if self.diff():
                self.update()
        self.state = self.refreshed()
        assert self.diff() == {}, f"the provider produced an inconsistent result: {self.diff()}"
        return self.state

    def diff(self) -> dict:
        """The differences of configuration and attributes, without computed attributes."""
        return {
            name: (desired, self.state.get(name))
            for name, desired in self.config.items()
            if comparable(desired) != comparable(self.state.get(name))
        }

    def settled(self) -> dict:
        """Plans immediately after an apply, which must find no difference."""
        before, self.state = self.state, self.refreshed()
        assert self.state == before, "a second read differs from the first"
        assert self.diff() == {}
        return self.state

    def destroy(self) -> None:
        self.delete()
        self.state = None


def comparable(value):
    """Sorts lists, which stand for Terraform's sets."""
    return sorted(value) if isinstance(value, list) else value


def omit_not_found(error: ApiError) -> None:
    if not error.is_not_found:
        raise error
