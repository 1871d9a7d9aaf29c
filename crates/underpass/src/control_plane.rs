//! Control plane of this process and the parts around it, shared by `up` and `serve`.

mod build;
mod console;
pub(crate) mod data_dir;
mod dns_server;
mod first_project;
mod older_store;
pub(crate) mod process_limits;
pub(crate) mod signals;
mod store;
pub(crate) mod task_group;

pub(crate) use self::build::{ControlPlane, Options, PROOF_KEY};
pub(crate) use self::dns_server::start_dns;
pub(crate) use self::first_project::FirstProject;
pub(crate) use self::store::StoreEngine;
