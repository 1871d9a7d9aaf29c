//! `key rotate`

use std::path::Path;

use error_reporter::Report;
use serde_json::json;
use underpass_store::{
    KeyFile, KeyStep, PostgresOptions, encrypt_again_in_postgres, encrypt_again_in_sqlite,
    keys_of_replicas,
};

use crate::cli::global::GlobalArgs;
use crate::cli::key::{KeyCommand, KeyRotateArgs};
use crate::config::{Sources, load};
use crate::control_plane::PROOF_KEY;
use crate::control_plane::data_dir::{DataDir, STORE, STORE_KEY};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::serve::database;
use crate::table::Layout;

/// Result of a call.
struct Rotated {
    step: &'static str,
    /// Secrets that were encrypted again.
    secrets: usize,
    next: String,
}

pub(super) async fn run(
    command: KeyCommand,
    global: &GlobalArgs,
    printer: Printer,
) -> Result<(), Failure> {
    match command {
        KeyCommand::Rotate(args) => rotate(args, global, printer).await,
    }
}

async fn rotate(args: KeyRotateArgs, global: &GlobalArgs, printer: Printer) -> Result<(), Failure> {
    let loaded = load(&Sources::of(args.config.config, args.config.set, global))?;
    let config = &loaded.configuration;
    let own_key = config.data_dir.join(STORE_KEY);
    let path = config.store.key_file.as_ref().unwrap_or(&own_key);
    let file = KeyFile::open(path).map_err(|error| failure(&error))?;
    let rotated = match database(&config.store)? {
        Some(options) => in_database(file, path, &options).await?,
        None => in_file(file, &config.data_dir)?,
    };
    let row = json!({
        "key_file": path.display().to_string(),
        "step": rotated.step,
        "secrets": rotated.secrets,
    });
    let columns = Layout::Columns(&["key_file", "step", "secrets"]);
    printer.row(&row, columns, &args.output)?;
    printer.say(&rotated.next);
    Ok(())
}

/// All steps on a store in a file, which no server uses.
fn in_file(mut file: KeyFile, data_dir: &Path) -> Result<Rotated, Failure> {
    let store = data_dir.join(STORE);
    if !store.is_file() {
        return Err(Failure::refused(format!(
            "{} has no {STORE}",
            data_dir.display()
        )));
    }
    let _lock = DataDir::open(data_dir)?;
    // A key of another store is refused before its file is changed.
    let checked = encrypt_again_in_sqlite(&store, &file.cipher());
    checked.map_err(|error| failure(&error))?;
    if file.step() == KeyStep::Single {
        file.announce(PROOF_KEY).map_err(|error| failure(&error))?;
    }
    file.replace().map_err(|error| failure(&error))?;
    let secrets = encrypt_again_in_sqlite(&store, &file.cipher());
    let secrets = secrets.map_err(|error| failure(&error))?;
    file.forget().map_err(|error| failure(&error))?;
    Ok(done(secrets, "Start the server".to_owned()))
}

/// The next step on a database, or several if no replica runs.
async fn in_database(
    mut file: KeyFile,
    path: &Path,
    options: &PostgresOptions,
) -> Result<Rotated, Failure> {
    let path = path.display();
    let restart = format!(
        "Copy {path} to every replica, restart them one after the other, and repeat the command"
    );
    let running = keys_of_replicas(options, &file.cipher()).await;
    let running = running.map_err(|error| failure(&error))?;
    if file.step() == KeyStep::Single {
        refuse_unless(&running, "an earlier release", |keys| !keys.is_empty())?;
        file.announce(PROOF_KEY).map_err(|error| failure(&error))?;
        if !running.is_empty() {
            return Ok(step("announced", restart));
        }
    }
    if let KeyStep::Announced(next) = file.step() {
        refuse_unless(&running, "the key file without the next key", |keys| {
            keys.split(' ').any(|key| key == next)
        })?;
        file.replace().map_err(|error| failure(&error))?;
        if !running.is_empty() {
            return Ok(step("replaced", restart));
        }
    }
    if let KeyStep::Replaced(current) = file.step() {
        refuse_unless(&running, "the old key to encrypt", |keys| {
            keys.split(' ').next() == Some(current.as_str())
        })?;
    }
    let secrets = encrypt_again_in_postgres(options, &file.cipher()).await;
    let secrets = secrets.map_err(|error| failure(&error))?;
    file.forget().map_err(|error| failure(&error))?;
    Ok(done(
        secrets,
        format!("Copy {path} to every replica. Each uses it from its next start on"),
    ))
}

/// Refuses the step while a replica runs whose keys do not pass.
fn refuse_unless(
    running: &[String],
    what: &str,
    passes: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let count = running.iter().filter(|keys| !passes(keys)).count();
    if count == 0 {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "{count} of {} running replicas use {what}",
        running.len()
    ))
    .hint(
        "copy the key file to every replica, restart them one after the other, wait 10 s, and repeat the \
         command. Nothing was changed",
    ))
}

const fn step(step: &'static str, next: String) -> Rotated {
    Rotated {
        step,
        secrets: 0,
        next,
    }
}

const fn done(secrets: usize, next: String) -> Rotated {
    Rotated {
        step: "done",
        secrets,
        next,
    }
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Report::new(error))
}

#[cfg(test)]
mod tests {
    use underpass_store::{Cipher, Lineage, Sqlite};

    use super::*;

    #[test]
    fn the_key_file_of_another_store_is_left_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        drop(DataDir::open(directory.path()).unwrap());
        let store = directory.path().join(STORE);
        let cipher = Cipher::from_bytes(&[7; 32]);
        drop(Sqlite::open(&store, cipher, Lineage::from_bits(1)).unwrap());
        let key = directory.path().join("other.key");
        // Creates another key.
        drop(Cipher::from_key_file(&key).unwrap());
        let before = std::fs::read(&key).unwrap();
        let refused = in_file(KeyFile::open(&key).unwrap(), directory.path());
        let refused = refused.err().unwrap();
        assert!(
            refused.message().contains("with another key"),
            "{}",
            refused.message()
        );
        assert_eq!(std::fs::read(&key).unwrap(), before);
    }
}
