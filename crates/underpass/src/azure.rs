//! Client of Azure Resource Manager for consumers, and for the provider's nodes in `up`.
//!
//! The control plane has a driver of its own and uses none of this.

mod arm;
mod endpoint;
mod login;
mod name;

pub(crate) use self::arm::Arm;
pub(crate) use self::endpoint::{Endpoint, NewEndpoint, interface_of};
pub(crate) use self::login::Login;
pub(crate) use self::name::{is_endpoint_name, is_group_name, name_of, segment_after};
