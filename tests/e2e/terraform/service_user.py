"""`aiven_pg_user` and the others."""

from terraform.declared import SERVICE_ANSWER_LOOSE, USER_ANSWER, USERS_ANSWER
from terraform.go_types import STRING, Struct
from terraform.provider import Resource


class ServiceUser(Resource):
    """Config: `service_name`, `username`, `password`."""

    @property
    def path(self) -> tuple[str, ...]:
        return self.provider.of_project("service", self.config["service_name"], "user")

    def create(self) -> None:
        body = {"username": self.config["username"]}
        self.codegen.call(USER_ANSWER, "POST", *self.path, body=body)
        self.update()

    def update(self) -> None:
        body = {"operation": "reset-credentials", "new_password": self.config["password"]}
        path = (*self.path, self.config["username"])
        self.codegen.call(SERVICE_ANSWER_LOOSE, "PUT", *path, body=body)

    def read(self) -> dict:
        user = self.codegen.call(USER_ANSWER, "GET", *self.path, self.config["username"])["user"]
        listed = self.codegen.call(USERS_ANSWER, "GET", *self.path)["users"]
        assert user in listed
        return user | {"service_name": self.config["service_name"]}

    def delete(self) -> None:
        path = (*self.path, self.config["username"])
        self.codegen.call(Struct(message=STRING), "DELETE", *path)
