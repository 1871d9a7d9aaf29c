"""The Terraform provider and the two Go clients inside it, as their public sources have them.

Neither runs here: what they send, how they decode and what they wait for is written down once
more, so that a server that breaks them fails a test. `go_types` decodes, `declared` says into
what, `transport` has the two clients, `wait` has how the provider polls, and each resource is a
class with `create`, `read`, `update` and `delete`.
"""
