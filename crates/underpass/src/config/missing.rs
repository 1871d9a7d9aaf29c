//! Files and environment variables that a configuration names, and that are not there.

use std::path::Path;

use toml::Value;

use super::origin::Origin;
use super::problem::{Problem, Problems};
use super::secret::variable;

/// The file that is created at the first start.
const CREATED: &str = "store.key_file";

/// Named files and variables that cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    pub(crate) files: Problems,
    /// The environment of `serve` may be another one than that of the command line.
    pub(crate) variables: Problems,
}

impl Missing {
    /// Refuses a start without them.
    ///
    /// # Errors
    /// All of them, each with key and place.
    pub(crate) fn refuse(self) -> Result<(), Problems> {
        let all = [self.files.0, self.variables.0].concat();
        if all.is_empty() {
            return Ok(());
        }
        Err(Problems(all))
    }
}

/// Looks for what is named by keys that end in `_file` and `_env`.
pub(super) fn missing(values: impl Iterator<Item = (String, Value, Origin)>) -> Missing {
    let mut missing = Missing::default();
    for (key, value, origin) in values {
        let Value::String(named) = value else {
            continue;
        };
        if named.is_empty() || key == CREATED {
            continue;
        }
        let problem = |message| Problem {
            key: key.clone(),
            message,
            origin: Some(origin),
        };
        if key.ends_with("_file") {
            let found = read(Path::new(&named));
            let message = found.err().map(|reason| format!("read {named}: {reason}"));
            missing.files.0.extend(message.map(problem));
        } else if key.ends_with("_env") && variable(&named).is_none() {
            let message = format!("the environment variable {named} is not set");
            missing.variables.0.push(problem(message));
        }
    }
    missing
}

/// Tries to read a file. A pipe is not touched: it can be read once.
fn read(path: &Path) -> Result<(), String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if metadata.is_dir() {
        return Err("it is a directory".to_owned());
    }
    if !metadata.is_file() {
        return Ok(());
    }
    std::fs::File::open(path).map_err(|error| error.to_string())?;
    if metadata.len() == 0 {
        return Err("it is empty".to_owned());
    }
    Ok(())
}
