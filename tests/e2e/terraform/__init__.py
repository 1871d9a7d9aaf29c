"""Stand-ins for the Terraform provider and its two Go clients, written after their public sources.

They send, decode and wait as those do, so that a server that breaks those fails a test. `go_types`
decodes, `declared` has the types, `transport` the two clients, `wait` the polling of the provider.
Each resource is a class with `create`, `read`, `update` and `delete`.
"""
