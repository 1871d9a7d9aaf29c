//! Client of Compute Engine for consumers, and for the provider's nodes in `up`.
//!
//! The control plane has a driver of its own and uses none of this.

mod compute;
mod endpoint;
mod path;

pub(crate) use self::compute::Compute;
pub(crate) use self::endpoint::{Endpoint, NewEndpoint};
pub(crate) use self::path::{is_name, name_of, path_of, project_and_region};
