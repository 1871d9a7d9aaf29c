//! Refusal of an endpoint without a network.

use crate::failure::Failure;

/// Refusal of an endpoint without a subnet in an emulated cloud without a consumer's network.
pub(super) fn no_network() -> Failure {
    Failure::usage("this emulated cloud has no network for endpoints")
        .hint("give a subnet with --subnet, or start the emulator with --prepared")
}
