//! Azure's resource manager as a customer uses it: the consumer's side, and the hands of `up`.
//!
//! The control plane has a driver of its own and uses none of this.

mod arm;
mod endpoint;
mod login;
mod name;

pub(crate) use self::arm::Arm;
pub(crate) use self::endpoint::{Endpoint, NewEndpoint, interface_of};
pub(crate) use self::login::Login;
pub(crate) use self::name::{is_endpoint_name, is_group_name, segment_after};

/// Last segment of a resource id.
pub(crate) fn name_of(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
