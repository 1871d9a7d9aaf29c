//! Settings of the client commands, resolved once from flags, environment and files.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use underpass_model::credentials::Secret;
use underpass_private_file as private_file;

use crate::cli::global::GlobalArgs;
use crate::failure::Failure;
use crate::http_client::Trust;
use crate::ready::{AzureReady, CLIENT_FILE, GoogleReady, Ready, SCHEMA};

/// Hint for a server without emulated clouds.
const EMULATED: &str = "name the state directory of a running `underpass emulate` with --state";

/// Server, credentials and project of a command.
#[derive(Debug)]
pub(crate) struct Settings {
    url: Option<String>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    project: Option<String>,
    /// Project of the flag alone.
    flagged_project: Option<String>,
    data_dir: PathBuf,
}

/// URL of a server and the access token for it.
#[derive(Debug)]
pub(crate) struct Target {
    /// URL without a trailing slash.
    pub(crate) url: String,
    pub(crate) token: Secret,
    /// Roots to trust besides the system's: PEM.
    pub(crate) roots: Option<Vec<u8>>,
}

impl Target {
    /// Roots to trust.
    pub(crate) fn trust(&self) -> Trust<'_> {
        self.roots
            .as_deref()
            .map_or(Trust::System, Trust::SystemAnd)
    }
}

impl Settings {
    /// Settings of the arguments; reads no file.
    ///
    /// # Errors
    /// If there is neither a data directory nor a home directory.
    pub(crate) fn resolve(global: &GlobalArgs) -> Result<Self, Failure> {
        let data_dir = match &global.data_dir {
            Some(directory) => directory.clone(),
            None => default_data_dir(global.xdg_state_home.as_deref())?,
        };
        let data_dir = std::path::absolute(&data_dir).map_err(|error| {
            Failure::usage(format!(
                "resolve data directory {}: {error}",
                data_dir.display()
            ))
        })?;
        Ok(Self {
            url: global.url.clone(),
            token_file: global.token_file.clone(),
            ca_file: global.ca_file.clone(),
            project: global
                .project
                .clone()
                .or_else(|| global.usual_project.clone()),
            flagged_project: global.project.clone(),
            data_dir,
        })
    }

    /// Data directory of `up`.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Reports whether the arguments or the data directory contain the URL of a server.
    pub(crate) fn is_served(&self) -> bool {
        self.url.is_some() || self.running().is_ok()
    }

    /// Ready line of a running `up`.
    ///
    /// # Errors
    /// If none runs, or its version is incompatible.
    pub(crate) fn running(&self) -> Result<Ready, Failure> {
        let path = self.data_dir.join(CLIENT_FILE);
        let Some(content) = private_file::read_to_string(&path)? else {
            return Err(Failure::refused(format!(
                "no `underpass up` runs with data directory {}",
                self.data_dir.display()
            ))
            .hint(
                "start it with `underpass up`, choose its directory with --data-dir, or set \
                     UNDERPASS_URL and UNDERPASS_TOKEN_FILE",
            ));
        };
        let ready: Ready = serde_json::from_str(&content).map_err(|error| {
            Failure::refused(format!("read {}: {error}", path.display()))
                .hint("restart `underpass up`, which writes the file again")
        })?;
        if ready.schema != SCHEMA {
            return Err(Failure::refused(format!(
                "{} has format {}; this version reads format {SCHEMA}",
                path.display(),
                ready.schema
            ))
            .hint("use the same version of underpass for `up` and for the client commands"));
        }
        Ok(ready)
    }

    /// Server of the command.
    ///
    /// # Errors
    /// If no server or no access token is configured.
    pub(crate) fn target(&self) -> Result<Target, Failure> {
        let (url, token_file) = match (&self.url, &self.token_file) {
            (Some(url), Some(file)) => (url.clone(), file.clone()),
            (Some(url), None) => {
                // The token of a running `up` is sent to no other server.
                let running = self.running().ok().filter(|ready| ready.api == trim(url));
                let Some(running) = running else {
                    return Err(Failure::usage(format!("no access token for {url}")).hint(
                        "set the file of the token with --token-file or UNDERPASS_TOKEN_FILE",
                    ));
                };
                (running.api, running.token_file)
            }
            (None, Some(file)) => (self.running()?.api, file.clone()),
            (None, None) => {
                let running = self.running()?;
                (running.api, running.token_file)
            }
        };
        let Some(token) = private_file::read_to_string(&token_file)? else {
            return Err(Failure::refused(format!(
                "the token file {} does not exist",
                token_file.display()
            )));
        };
        Ok(Target {
            url: trim(&url).to_owned(),
            token: Secret::new(token.trim().to_owned()),
            roots: self.roots()?,
        })
    }

    fn roots(&self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(path) = &self.ca_file else {
            return Ok(None);
        };
        let read = std::fs::read(path);
        let roots =
            read.map_err(|error| Failure::refused(format!("read {}: {error}", path.display())))?;
        Ok(Some(roots))
    }

    /// Project of the command.
    ///
    /// # Errors
    /// If no project is configured.
    pub(crate) fn project(&self) -> Result<String, Failure> {
        if let Some(project) = &self.project {
            return Ok(project.clone());
        }
        match (&self.url, self.running()) {
            (None, Ok(running)) => Ok(running.project),
            (Some(url), Ok(running)) if running.api == trim(url) => Ok(running.project),
            (_, Ok(_) | Err(_)) => Err(Failure::usage("no project is set")
                .hint("set it with --project or UNDERPASS_PROJECT")),
        }
    }

    /// Refuses `--project` for a command that concerns no single project.
    ///
    /// # Errors
    /// If the flag was given; `instead` is the hint.
    pub(crate) fn refuse_project_flag(&self, why: &str, instead: &str) -> Result<(), Failure> {
        match &self.flagged_project {
            None => Ok(()),
            Some(_) => Err(Failure::usage(why).hint(instead)),
        }
    }

    /// Emulated Azure: that of an `emulate azure` with this state directory, or of a running `up`.
    ///
    /// # Errors
    /// If none runs there.
    pub(crate) fn azure(&self, state: Option<&Path>) -> Result<AzureReady, Failure> {
        match state {
            Some(state) => emulated(state),
            None => self
                .running()?
                .azure
                .ok_or_else(|| Failure::refused("this server emulates no Azure").hint(EMULATED)),
        }
    }

    /// Emulated Google: that of an `emulate google` with this state directory, or of a running `up`.
    ///
    /// # Errors
    /// If none runs there.
    pub(crate) fn google(&self, state: Option<&Path>) -> Result<GoogleReady, Failure> {
        match state {
            Some(state) => emulated(state),
            None => self
                .running()?
                .google
                .ok_or_else(|| Failure::refused("this server emulates no Google").hint(EMULATED)),
        }
    }
}

/// Reads the ready line of a running `emulate`.
///
/// # Errors
/// If none runs with that state directory.
pub(crate) fn emulated<T: DeserializeOwned>(state: &Path) -> Result<T, Failure> {
    let path = state.join(CLIENT_FILE);
    let Some(content) = private_file::read_to_string(&path)? else {
        return Err(Failure::refused(format!(
            "no `underpass emulate` runs with state directory {}",
            state.display()
        )));
    };
    serde_json::from_str(&content).map_err(|error| {
        Failure::refused(format!("read {}: {error}", path.display()))
            .hint("name the state directory of an emulator of this cloud and of this version")
    })
}

fn trim(url: &str) -> &str {
    url.trim_end_matches('/')
}

/// The user's state directory (XDG Base Directory Specification: `$XDG_STATE_HOME`, else
/// `~/.local/state`).
fn default_data_dir(state_home: Option<&Path>) -> Result<PathBuf, Failure> {
    let state = match state_home.filter(|path| path.is_absolute()) {
        Some(path) => path.to_owned(),
        None => std::env::home_dir()
            .filter(|home| home.is_absolute())
            .map(|home| home.join(".local/state"))
            .ok_or_else(|| {
                Failure::usage("the user has no home directory for the data directory")
                    .hint("set a directory with --data-dir")
            })?,
    };
    Ok(state.join("underpass"))
}
