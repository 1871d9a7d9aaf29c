//! `service cert`

use std::fs;

use serde_json::json;
use underpass_private_file as private_file;

use crate::cli::service::ServiceCertArgs;
use crate::client::text;
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::table::Layout;

pub(super) async fn run(session: &Session, args: &ServiceCertArgs) -> Result<(), Failure> {
    fs::create_dir_all(&args.out)
        .map_err(|error| Failure::refused(format!("create {}: {error}", args.out.display())))?;
    let mut body = json!({ "names": args.names, "addresses": args.addresses });
    if let (Some(days), Some(members)) = (args.days, body.as_object_mut()) {
        members.insert("days".to_owned(), days.into());
    }
    let path = [
        "underpass",
        "project",
        &session.project,
        "service",
        &args.service_name,
        "certificate",
    ];
    let issued = session.client.post(&path, body).await?;
    let mut row = serde_json::Map::new();
    let files = [
        ("key", "private_key", "server.key"),
        ("certificate", "certificate", "server.crt"),
        ("ca", "ca", "ca.pem"),
    ];
    for (column, member, name) in files {
        let path = args.out.join(name);
        private_file::write(&path, text(&issued, member)?.as_bytes())?;
        row.insert(column.to_owned(), path.display().to_string().into());
    }
    row.insert("not_after".to_owned(), text(&issued, "not_after")?.into());
    let columns = &["certificate", "key", "ca", "not_after"];
    session
        .printer
        .row(&row.into(), Layout::Columns(columns), &args.output)
}
