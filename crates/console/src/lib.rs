//! The web console: pages rendered on the server, for browsers that may run no script at all.
//!
//! The console is a client of the API. Every page is made of what the API answers to the visitor's
//! session, and every button sends a request that any other client could send; so there is no second
//! set of rules, and each page shows the commands that do the same from a shell.
//! Calls stay inside the process; [`control_plane`] is all that the console sees of it.
//!
//! A session is an access token of its own, which a sign-in exchanges for the one that was typed.
//! Forms carry a CSRF token derived from it.
//! The one script makes pages live: after a change, it fetches the page again and replaces the
//! parts that differ.

mod api;
mod api_error;
mod api_reference;
mod asset;
mod backup;

mod catalogue;
mod cli_snippet;
mod connections;
mod console;
pub mod control_plane;
mod events;
mod health;
mod home;
mod href;
mod layout;
mod link;
mod live;
mod load;
mod networks;
mod nodes;
mod operator;
mod page;
mod part_name;
mod problem;
mod recovery;
mod refreshed;
mod refusal_document;
pub mod refusal_page;
mod register;
mod remedy;
mod routes;
mod rows;
mod service;
mod service_components;
mod service_head;
mod services;
mod session;

mod sign_in;
mod static_ips;
mod unknown_page;

pub use self::console::Console;
pub use self::control_plane::{ControlPlane, FileBesideStore, Portals, SessionError};
pub use self::routes::routes;
