//! Loads a configuration from all its places.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Value;
use underpass_model::region::KnownRegions;

use super::account::AccountConfig;
use super::configuration::Configuration;
use super::layers::Layers;
use super::missing::{Missing, missing};
use super::origin::Origin;
use super::problem::{Problem, Problems};
use super::secret::is_secret;
use super::toml_text;
use super::value::described;
use crate::cli::global::GlobalArgs;
use crate::failure::Failure;

/// A secret in the lines of `config show`.
pub(super) const HIDDEN: &str = "\"(hidden)\"";

/// Places of values besides the defaults.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    pub(crate) file: Option<PathBuf>,
    /// Environment variables.
    pub(crate) environment: Vec<(String, String)>,
    /// Key, value, and the flag as the user writes it.
    pub(crate) flags: Vec<(String, String, String)>,
}

/// A configuration that can be used.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) configuration: Configuration,
    pub(crate) accounts: Vec<AccountConfig>,
    /// Values that are better changed.
    pub(crate) warnings: Problems,
    pub(super) layers: Layers,
}

impl Sources {
    /// Places of the arguments and of this process's environment. The options of every command count as
    /// flags.
    pub(crate) fn of(file: PathBuf, set: Vec<(String, String)>, global: &GlobalArgs) -> Self {
        let mut flags: Vec<_> = set
            .into_iter()
            .map(|(key, value)| (key, value, "--set".to_owned()))
            .collect();
        let mut option = |key: &str, value: Option<String>, flag: &str| {
            flags.extend(value.map(|value| (key.to_owned(), value, flag.to_owned())));
        };
        option("log.filter", global.log.clone(), "--log or UNDERPASS_LOG");
        let data_dir = global.data_dir.as_ref().map(|it| it.display().to_string());
        option("data_dir", data_dir, "--data-dir or UNDERPASS_UP_DATA_DIR");
        Self {
            file: Some(file),
            environment: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            flags,
        }
    }
}

/// Loads and checks a configuration.
///
/// # Errors
/// If the file cannot be read, or a value cannot be used: all problems, each with key and place.
pub(crate) fn load(sources: &Sources) -> Result<Loaded, Failure> {
    let mut layers = Layers::defaults();
    if let Some(path) = &sources.file {
        layers.add_file(path, &read(path)?)?;
    }
    layers.add_environment(sources.environment.iter().cloned())?;
    for (key, value, flag) in &sources.flags {
        layers.add_flag(key, value, flag)?;
    }
    Ok(Loaded::of(layers)?)
}

impl Loaded {
    /// Checks the values of all places.
    ///
    /// # Errors
    /// All problems, each with key and place.
    pub(super) fn of(layers: Layers) -> Result<Self, Problems> {
        let table = Value::Table(layers.table.clone());
        let read: Result<Configuration, _> = serde_path_to_error::deserialize(table);
        let configuration = read.map_err(|error| {
            let (key, message) = described(&error);
            Problems(vec![problem(&layers, key, message)])
        })?;
        let mut problems: Vec<_> = configuration
            .server
            .problems()
            .into_iter()
            .chain(configuration.store.problems())
            .chain(configuration.discovery.problems())
            .chain(configuration.health.problems())
            .map(|(key, message)| (key.to_owned(), message))
            .chain(configuration.dns.problems())
            .map(|(key, message)| problem(&layers, key, message))
            .collect();
        if configuration.data_dir.as_os_str().is_empty() {
            let message = "must not be empty: the directory of the store".to_owned();
            problems.push(problem(&layers, "data_dir".to_owned(), message));
        }
        let known = KnownRegions::with(configuration.server.allow_regions.iter().cloned());
        let (mut accounts, mut warnings) = (Vec::new(), Vec::new());
        for (name, table) in &configuration.accounts {
            match AccountConfig::read(name, table, &known) {
                Ok(account) => accounts.push(account),
                Err((key, message)) => {
                    problems.push(problem(&layers, account_key(name, &key), message));
                }
            }
        }
        problems.extend(shared_clouds(&accounts, &layers));
        let of_accounts = accounts.iter().filter_map(|account| {
            let key = account.inline_secret()?;
            Some(account_key(account.name.as_str(), key))
        });
        for key in of_accounts.chain(configuration.dns.inline_secrets()) {
            let last = key.rsplit('.').next().unwrap_or_default();
            let message = format!(
                "the secret is in the configuration itself, where backups and reviews show it. \
                 Use {last}_file or {last}_env"
            );
            warnings.push(problem(&layers, key, message));
        }
        if accounts.is_empty() && problems.is_empty() {
            let message = "no cloud account is configured, so nothing can be published";
            warnings.push(problem(&layers, "accounts".to_owned(), message.to_owned()));
        }
        if problems.is_empty() {
            return Ok(Self {
                configuration,
                accounts,
                warnings: Problems(warnings),
                layers,
            });
        }
        Err(Problems(problems))
    }

    /// Each value as TOML with its key and place. Secrets are hidden.
    pub(crate) fn values(&self) -> impl Iterator<Item = (String, String, Origin)> {
        self.layers.values().map(|(key, value, origin)| {
            let is_set = value.as_str() != Some("");
            let shown = if is_set && is_secret(&key) {
                HIDDEN.to_owned()
            } else {
                toml_text::written(&value)
            };
            (key, shown, origin)
        })
    }
}

impl Loaded {
    /// Looks for the files and environment variables that the configuration names, as a start of `serve` needs
    /// them.
    pub(crate) fn missing(&self) -> Missing {
        missing(self.layers.values())
    }
}

/// Refuses two accounts for one subscription or project: each would see what the other makes as
/// orphans.
fn shared_clouds(accounts: &[AccountConfig], layers: &Layers) -> Vec<Problem> {
    let mut first = BTreeMap::new();
    let mut problems = Vec::new();
    for account in accounts {
        let name = account.name.as_str();
        let cloud = (account.provider().to_string(), account.native_id());
        if let Some(other) = first.insert(cloud, name) {
            problems.push(problem(
                layers,
                account_key(name, ""),
                format!(
                    "`{}` is also managed by the account `{other}`. Each subscription or project \
                     belongs to one account",
                    account.native_id()
                ),
            ));
        }
    }
    problems
}

fn problem(layers: &Layers, key: String, message: String) -> Problem {
    Problem {
        origin: layers.origin(&key),
        key,
        message,
    }
}

/// Key of a value of an account; an empty `key` stands for its table.
fn account_key(name: &str, key: &str) -> String {
    let account = toml_text::dotted(["accounts", name]);
    match key {
        "" => account,
        key => format!("{account}.{key}"),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::refused(format!("read {}: {error}", path.display())).hint(
            "write the file with `underpass config defaults > FILE`, and choose it with --config",
        )
    })
}
