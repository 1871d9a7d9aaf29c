//! `[accounts.NAME]`

use std::collections::BTreeSet;
use std::path::PathBuf;

use toml::{Table, Value};
use underpass_model::cloud::Provider;
use underpass_model::name::{AccountName, ProjectName};
use underpass_model::region::KnownRegions;

use super::account_problem::AccountProblem;
use super::azure_account::AzureAccount;
use super::google_account::GoogleAccount;

/// A cloud account.
#[derive(Debug, Clone)]
pub(crate) struct AccountConfig {
    pub(crate) name: AccountName,
    /// Regions that it serves, in the provider's spelling; empty: every region.
    pub(crate) regions: Vec<String>,
    /// Projects that may use it; empty: every project.
    pub(crate) projects: BTreeSet<ProjectName>,
    pub(crate) access: Access,
}

/// Cloud of an account, and how Underpass signs in there.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    Azure(AzureAccount),
    Google(GoogleAccount),
}

impl AccountConfig {
    /// Reads the table of an account.
    ///
    /// # Errors
    /// If a key is unknown or missing, or a value cannot be used.
    pub(super) fn read(
        name: &str,
        value: &Value,
        known: &KnownRegions,
    ) -> Result<Self, AccountProblem> {
        let whole = |message: String| (String::new(), message);
        let Value::Table(table) = value else {
            return Err(whole("must be a table".to_owned()));
        };
        let parsed = name.parse();
        let name: AccountName = parsed.map_err(|error| whole(format!("{error}")))?;
        let mut rest = table.clone();
        let provider = take_provider(&mut rest)?;
        let regions = take_texts(&mut rest, "regions")?;
        for region in &regions {
            let cloud = format!("{provider}-{region}").parse();
            let cloud = cloud.map_err(|error| ("regions".to_owned(), format!("{error}")))?;
            known
                .check(&cloud)
                .map_err(|refusal| ("regions".to_owned(), refusal.message))?;
        }
        let projects = take_texts(&mut rest, "projects")?
            .iter()
            .map(|project| project.parse())
            .collect::<Result<_, _>>()
            .map_err(|error| ("projects".to_owned(), format!("{error}")))?;
        let access = match provider {
            Provider::Google => Access::Google(GoogleAccount::read(rest)?),
            _ => Access::Azure(AzureAccount::read(rest)?),
        };
        Ok(Self {
            name,
            regions,
            projects,
            access,
        })
    }

    /// Subscription or project that it manages.
    pub(crate) fn native_id(&self) -> &str {
        match &self.access {
            Access::Azure(account) => &account.subscription,
            Access::Google(account) => &account.project,
        }
    }

    /// Provider of its cloud.
    pub(crate) const fn provider(&self) -> Provider {
        match self.access {
            Access::Azure(_) => Provider::Azure,
            Access::Google(_) => Provider::Google,
        }
    }

    /// File of further roots to trust.
    pub(crate) fn ca_file(&self) -> Option<&PathBuf> {
        match &self.access {
            Access::Azure(account) => account.ca_file.as_ref(),
            Access::Google(account) => account.ca_file.as_ref(),
        }
    }

    /// Key, without suffix, of a secret that is in the file itself.
    pub(super) fn inline_secret(&self) -> Option<&'static str> {
        match &self.access {
            Access::Azure(account) => account.credentials.inline_secret(),
            Access::Google(account) => account.credentials.inline_secret(),
        }
    }
}

fn take_provider(table: &mut Table) -> Result<Provider, AccountProblem> {
    let key = "provider".to_owned();
    match table.remove("provider") {
        Some(Value::String(text)) if text == "azure" => Ok(Provider::Azure),
        Some(Value::String(text)) if text == "google" => Ok(Provider::Google),
        Some(_) => Err((key, "valid values: \"azure\", \"google\"".to_owned())),
        None => Err((
            key,
            "required. Valid values: \"azure\", \"google\"".to_owned(),
        )),
    }
}

fn take_texts(table: &mut Table, key: &str) -> Result<Vec<String>, AccountProblem> {
    let Some(value) = table.remove(key) else {
        return Ok(Vec::new());
    };
    value
        .try_into()
        .map_err(|_| (key.to_owned(), "must be a list of texts".to_owned()))
}
