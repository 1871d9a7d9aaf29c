"""`aiven_azure_privatelink`, `aiven_gcp_privatelink`, `aiven_aws_privatelink`, and reading them."""

from terraform.declared import AWS_LINK, AZURE_LINK, GOOGLE_LINK
from terraform.provider import Resource, omit_not_found
from terraform.transport import ApiError
from terraform.wait import MIN_SECONDS, StateChange


class Privatelink(Resource):
    """Config: `service_name`, and the members of the cloud."""

    cloud = ""
    kind = None

    @property
    def path(self) -> tuple[str, ...]:
        service = self.config["service_name"]
        return self.provider.of_project("service", service, "privatelink", self.cloud)

    @property
    def body(self) -> dict | None:
        own = {name: it for name, it in self.config.items() if name != "service_name"}
        # The generated client sends no body if it has no members.
        return own or None

    def get(self) -> dict:
        return self.codegen.call(self.kind, "GET", *self.path)

    def create(self) -> None:
        self.codegen.call(self.kind, "POST", *self.path, body=self.body)
        self.wait_active()

    def update(self) -> None:
        self.codegen.call(self.kind, "PUT", *self.path, body=self.body)
        self.wait_active()

    def wait_active(self) -> None:
        def refresh():
            link = self.get()
            return link, link["state"]

        StateChange(self.provider.clock, ("creating",), ("active",), refresh).wait()

    def read(self) -> dict:
        return self.get() | {"service_name": self.config["service_name"]}

    def delete(self) -> None:
        """Deletes once, then reads until it is not found; any other error fails."""
        self.codegen.call(self.kind, "DELETE", *self.path)

        def refresh():
            try:
                link = self.get()
            except ApiError as error:
                omit_not_found(error)
                return {}, "deleted"
            return link, link["state"]

        wait = StateChange(
            self.provider.clock, ("deleting",), ("deleted",), refresh, delay=MIN_SECONDS
        )
        wait.wait()


class AzurePrivatelink(Privatelink):
    """Config beside the service: `user_subscription_ids`, 16 at most."""

    cloud = "azure"
    kind = AZURE_LINK


class GooglePrivatelink(Privatelink):
    cloud = "google"
    kind = GOOGLE_LINK

    def update(self) -> None:
        raise AssertionError("there is nothing to update")


class AwsPrivatelink(Privatelink):
    """Config beside the service: `principals`, 1 to 16."""

    cloud = "aws"
    kind = AWS_LINK

    def delete(self) -> None:
        try:
            self.codegen.call(self.kind, "DELETE", *self.path)
        except ApiError as error:
            omit_not_found(error)
