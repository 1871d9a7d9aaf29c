//! `service cert`

use std::fs;
use std::path::Path;

use serde_json::json;
use underpass_api_types::certificate::IssuedCertificate;
use underpass_private_file as private_file;

use crate::cli::service::ServiceCertArgs;
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::table::Layout;

/// Name of the file with the private key.
const KEY: &str = "server.key";

pub(super) async fn run(session: &Session, args: &ServiceCertArgs) -> Result<(), Failure> {
    let is_new = !args.out.exists();
    let key = args.out.join(KEY);
    if !args.force && key.exists() {
        return Err(Failure::refused(format!(
            "{} exists already. Servers that use it would no longer match their certificate",
            key.display()
        ))
        .hint("give another directory, or replace key and certificate with --force"));
    }
    fs::create_dir_all(&args.out)
        .map_err(|error| Failure::refused(format!("create {}: {error}", args.out.display())))?;
    let issued = match issue(session, args).await {
        Ok(issued) => issued,
        Err(failure) => {
            if is_new {
                // A directory that cannot be removed stays empty.
                let _ = fs::remove_dir(&args.out);
            }
            return Err(failure);
        }
    };
    let files = [
        (KEY, issued.private_key.expose()),
        ("server.crt", &issued.certificate),
        ("ca.pem", &issued.ca),
    ];
    for (name, text) in files {
        private_file::write(&args.out.join(name), text.as_bytes())?;
    }
    announce(session, &issued);
    let path = |name: &str| Path::new(&args.out).join(name).display().to_string();
    let row = json!({
        "key": path(KEY),
        "certificate": path("server.crt"),
        "ca": path("ca.pem"),
        "not_after": issued.not_after,
    });
    let columns = &["certificate", "key", "ca", "not_after"];
    session
        .printer
        .row(&row, Layout::Columns(columns), &args.output)
}

async fn issue(session: &Session, args: &ServiceCertArgs) -> Result<IssuedCertificate, Failure> {
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
    session.client.post_for(&path, body).await
}

/// Says for which connections the certificate is, and names those without room in it.
fn announce(session: &Session, issued: &IssuedCertificate) {
    let printer = session.printer;
    printer.say(&format!(
        "The certificate has the private names of {} connection(s) and of the next {}. Issue it again \
         before there are more.",
        issued.connections, issued.spare_connections
    ));
    if !issued.missing_names.is_empty() {
        printer.say(&format!(
            "warning: the certificate has no room for these private names: {}. Their clients cannot \
             verify the server",
            issued.missing_names.join(", ")
        ));
    }
}
