//! Accounts of the control plane by their configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use underpass_clouds::azure::Azure;
use underpass_clouds::google::Google;
use underpass_clouds::{CheckAccount, Cloud};
use underpass_model::name::AccountName;
use underpass_server::accounts::Account;

use super::azure_account::azure;
use super::google_account::google;
use super::replaceable_cloud::ReplaceableCloud;
use super::transport::SharedTransport;
use crate::config::{Access, AccountConfig};
use crate::failure::Failure;

/// Drivers of all accounts, to replace them.
pub(super) type Drivers = BTreeMap<AccountName, ReplaceableCloud>;

/// Builds the accounts and their drivers. They share `shared`.
///
/// # Errors
/// If credentials cannot be read; the message names the account.
pub(super) fn build(
    configured: &[AccountConfig],
    shared: &SharedTransport,
) -> Result<(BTreeMap<AccountName, Account>, Drivers), Failure> {
    let (mut accounts, mut drivers) = (BTreeMap::new(), BTreeMap::new());
    for config in configured {
        let driver = ReplaceableCloud::new(driver(config, shared)?);
        let account = Account {
            provider: config.provider(),
            regions: config.regions.clone(),
            projects: (!config.projects.is_empty()).then(|| config.projects.clone()),
            native_id: config.native_id().to_owned(),
            cloud: Arc::new(driver.clone()),
        };
        accounts.insert(config.name.clone(), account);
        drivers.insert(config.name.clone(), driver);
    }
    Ok((accounts, drivers))
}

/// Builds the driver of an account, reading its credentials.
///
/// # Errors
/// If they cannot be read; the message names the account.
pub(super) fn driver(
    config: &AccountConfig,
    shared: &SharedTransport,
) -> Result<Arc<dyn Cloud>, Failure> {
    Ok(match build_one(config, shared)? {
        Driver::Azure(driver) => driver,
        Driver::Google(driver) => driver,
    })
}

/// Builds the driver of an account for its check.
///
/// # Errors
/// As for [`driver`].
pub(super) fn checked(
    config: &AccountConfig,
    shared: &SharedTransport,
) -> Result<Arc<dyn CheckAccount>, Failure> {
    Ok(match build_one(config, shared)? {
        Driver::Azure(driver) => driver,
        Driver::Google(driver) => driver,
    })
}

/// Driver of one cloud.
enum Driver {
    Azure(Arc<Azure>),
    Google(Arc<Google>),
}

fn build_one(config: &AccountConfig, shared: &SharedTransport) -> Result<Driver, Failure> {
    let transport =
        |ca_file: &Option<PathBuf>| shared.transport(config.provider(), ca_file.as_deref());
    let driver = match &config.access {
        Access::Azure(account) => transport(&account.ca_file)
            .and_then(|transport| azure(account, transport))
            .map(|driver| Driver::Azure(Arc::new(driver))),
        Access::Google(account) => transport(&account.ca_file)
            .and_then(|transport| google(account, transport))
            .map(|driver| Driver::Google(Arc::new(driver))),
    };
    driver.map_err(|failure| {
        let name = &config.name;
        Failure::refused(format!("account `{name}`: {}", failure.message())).hint(format!(
            "correct accounts.{name} in the configuration, or the file that it names"
        ))
    })
}
