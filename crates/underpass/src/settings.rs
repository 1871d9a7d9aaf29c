//! Flags, environment and files, resolved once.

use std::path::{Path, PathBuf};

use underpass_model::credentials::Secret;

use crate::cli::global::GlobalArgs;
use crate::failure::Failure;
use crate::private_file;
use crate::ready::{AzureReady, CLIENT_FILE, GoogleReady, Ready, SCHEMA};

/// What a command may need to know of the world around it.
#[derive(Debug)]
pub(crate) struct Settings {
    url: Option<String>,
    token_file: Option<PathBuf>,
    project: Option<String>,
    data_dir: PathBuf,
}

/// A server and how to prove who we are to it.
#[derive(Debug)]
pub(crate) struct Target {
    /// Without a trailing slash.
    pub(crate) url: String,
    pub(crate) token: Secret,
}

impl Settings {
    /// Reads nothing but the arguments.
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
            project: global
                .project
                .clone()
                .or_else(|| global.usual_project.clone()),
            data_dir,
        })
    }

    /// The data directory of `up`.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Whether there is a server to talk to, as far as arguments and files tell.
    pub(crate) fn is_served(&self) -> bool {
        self.url.is_some() || self.running().is_ok()
    }

    /// What a running `up` left for clients.
    pub(crate) fn running(&self) -> Result<Ready, Failure> {
        let path = self.data_dir.join(CLIENT_FILE);
        let Some(content) = private_file::read(&path)? else {
            return Err(
                Failure::refused(format!("no `up` runs on {}", self.data_dir.display())).hint(
                    "start one with `underpass up`, name its --data-dir, or set UNDERPASS_URL and \
                     UNDERPASS_TOKEN_FILE",
                ),
            );
        };
        let ready: Ready = serde_json::from_str(&content).map_err(|error| {
            Failure::refused(format!("read {}: {error}", path.display()))
                .hint("it is written anew when `underpass up` starts")
        })?;
        if ready.schema != SCHEMA {
            return Err(Failure::refused(format!(
                "{} has form {}, this program reads form {SCHEMA}",
                path.display(),
                ready.schema
            ))
            .hint("use the same version of underpass for `up` and for its clients"));
        }
        Ok(ready)
    }

    /// The server to talk to.
    pub(crate) fn target(&self) -> Result<Target, Failure> {
        let (url, token_file) = match (&self.url, &self.token_file) {
            (Some(url), Some(file)) => (url.clone(), file.clone()),
            (Some(url), None) => {
                // A token must not go to a server it was not made for.
                let running = self.running().ok().filter(|ready| ready.api == trim(url));
                let Some(running) = running else {
                    return Err(Failure::usage(format!("no token for {url}"))
                        .hint("name its file with --token-file or UNDERPASS_TOKEN_FILE"));
                };
                (running.api, running.token_file)
            }
            (None, Some(file)) => (self.running()?.api, file.clone()),
            (None, None) => {
                let running = self.running()?;
                (running.api, running.token_file)
            }
        };
        let Some(token) = private_file::read(&token_file)? else {
            return Err(Failure::refused(format!(
                "no token file {}",
                token_file.display()
            )));
        };
        Ok(Target {
            url: trim(&url).to_owned(),
            token: Secret::new(token.trim().to_owned()),
        })
    }

    /// The project to work in.
    pub(crate) fn project(&self) -> Result<String, Failure> {
        if let Some(project) = &self.project {
            return Ok(project.clone());
        }
        match (&self.url, self.running()) {
            (None, Ok(running)) => Ok(running.project),
            (Some(url), Ok(running)) if running.api == trim(url) => Ok(running.project),
            (_, Ok(_) | Err(_)) => Err(Failure::usage("no project chosen")
                .hint("name it with --project or UNDERPASS_PROJECT")),
        }
    }

    /// Emulated Azure of a running `up`.
    pub(crate) fn azure(&self) -> Result<AzureReady, Failure> {
        self.running()?
            .azure
            .ok_or_else(|| Failure::refused("this `up` emulates no Azure"))
    }

    /// Emulated Google of a running `up`.
    pub(crate) fn google(&self) -> Result<GoogleReady, Failure> {
        self.running()?
            .google
            .ok_or_else(|| Failure::refused("this `up` emulates no Google"))
    }
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
                Failure::usage("no home directory to keep data in").hint("name --data-dir")
            })?,
    };
    Ok(state.join("underpass"))
}
