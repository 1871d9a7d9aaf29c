//! Google's Compute Engine as a customer uses it: the consumer's side, and the hands of `up`.
//!
//! The control plane has a driver of its own and uses none of this.

mod compute;
mod endpoint;
mod path;

pub(crate) use self::compute::Compute;
pub(crate) use self::endpoint::{Endpoint, NewEndpoint};
pub(crate) use self::path::{is_name, name_of, path_of, place_of};
