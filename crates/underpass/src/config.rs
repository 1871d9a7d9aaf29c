//! Configuration of `serve`: one TOML file, the environment, and flags.
//!
//! Theory of operation.
//! `defaults.toml` has every key with its default, and is what `config defaults` prints.
//! The file, the environment and the flags are laid over it, in this order, as TOML values.
//! Then the whole is read into the structs of this module, so a value is checked in one place,
//! wherever it comes from, and a problem names that place.

mod account;
mod account_problem;
mod azure_account;
mod configuration;
mod defaults;
mod discovery;
mod dns;
mod dns_key;
mod dns_peer;
mod emulation;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod google_account;
mod health;
mod layers;
mod limits;
mod load;
mod log;
mod missing;
mod origin;
mod problem;
mod proxy;
mod retention;
mod secret;
mod server;
mod store;
mod toml_text;
mod value;

pub(crate) use self::account::{Access, AccountConfig};
pub(crate) use self::azure_account::{AzureAccount, AzureCredentials, AzureProof};
pub(crate) use self::configuration::Configuration;
pub(crate) use self::defaults::TEXT as DEFAULTS;
pub(crate) use self::dns::DnsConfig;
pub(crate) use self::google_account::{GoogleAccount, GoogleCredentials};
pub(crate) use self::load::{Loaded, Sources, load};
pub(crate) use self::missing::Missing;
pub(crate) use self::secret::SecretPlace;
pub(crate) use self::server::TlsFiles;
pub(crate) use self::store::StoreConfig;

#[cfg(test)]
mod tests;
