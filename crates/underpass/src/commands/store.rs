//! `store copy`

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use error_reporter::Report;
use serde_json::json;
use underpass_store::{Cipher, PostgresOptions, copy_to_postgres};

use crate::cli::store::{StoreCommand, StoreCopyArgs};
use crate::clock;
use crate::config::SecretPlace;
use crate::control_plane::data_dir::{DataDir, STORE, STORE_KEY};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::serve::database_roots;
use crate::table::Layout;

pub(super) async fn run(command: StoreCommand, printer: Printer) -> Result<(), Failure> {
    match command {
        StoreCommand::Copy(args) => copy(&args, printer).await,
    }
}

async fn copy(args: &StoreCopyArgs, printer: Printer) -> Result<(), Failure> {
    let options = database(args)?;
    let path = data_dir(&args.from)?;
    // Also refuses a store that a server uses.
    let directory = DataDir::open(path)?;
    let (store, own_key) = (directory.join(STORE), directory.join(STORE_KEY));
    let key = args.key_file.as_ref().unwrap_or(&own_key);
    if !key.is_file() {
        return Err(
            Failure::refused(format!("the key file {} does not exist", key.display()))
                .hint("name the key file of the store with --key-file"),
        );
    }
    let cipher = Cipher::from_key_file(key).map_err(|error| failure(&error))?;
    let told = AtomicUsize::new(0);
    let progress = |done: usize, all: usize| {
        let tenth = (done * 10).checked_div(all).unwrap_or(10);
        if told.swap(tenth, Ordering::Relaxed) < tenth {
            printer.say(&format!("copied {done} of {all} rows"));
        }
    };
    let copied = copy_to_postgres(&store, &options, cipher, clock::now(), &progress)
        .await
        .map_err(|error| failure(&error))?;
    let row = json!({
        "from": store.display().to_string(),
        "to": copied.to,
        "documents": copied.documents,
        "work": copied.work,
        "events": copied.events,
    });
    let columns = Layout::Columns(&["from", "to", "documents", "work", "events"]);
    printer.row(&row, columns, &args.output)?;
    printer.say(&format!(
        "{} is not used any more, and a start on it is refused. Name the database in the configuration \
         (store.database_url_file), and give each server the key file {}",
        store.display(),
        key.display()
    ));
    Ok(())
}

/// Database of the arguments.
fn database(args: &StoreCopyArgs) -> Result<PostgresOptions, Failure> {
    let file = args.to_file.clone().map(SecretPlace::File);
    let variable = args.to_env.clone().map(SecretPlace::Environment);
    let given = args.database_url().map_err(Failure::usage)?;
    let url = match (given, file.or(variable)) {
        (Some(url), _) => url,
        (None, Some(place)) => place.read()?.expose().to_owned(),
        (None, None) => String::new(),
    };
    let mut options = PostgresOptions::new(url);
    if let Some(path) = &args.ca_file {
        options.roots = database_roots(path)?;
    }
    Ok(options)
}

/// Data directory of a path, which may name the file of the store in it.
fn data_dir(path: &Path) -> Result<&Path, Failure> {
    let directory = match path.parent() {
        Some(parent) if path.file_name().is_some_and(|name| name == STORE) => parent,
        _ => path,
    };
    if directory.join(STORE).is_file() {
        return Ok(directory);
    }
    Err(
        Failure::refused(format!("{} has no {STORE}", directory.display()))
            .hint("name the data directory of the server, as --from sqlite:PATH"),
    )
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Report::new(error))
}
