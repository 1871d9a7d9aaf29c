//! Certificate of the server: its names, the form that issues one, and the page that shows its key
//! once.
//!
//! The key is not stored. So the answer to the form is the page itself, not a redirect: no address
//! shows the key again.

mod request;
mod server_use;

use std::collections::BTreeSet;
use std::net::IpAddr;

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;

use self::request::CertificateRequest;
use self::server_use::ServerUse;
use underpass_api_types::certificate::{CertificateOffer, IssuedCertificate};

use crate::api::read;
use crate::api_error::ApiError;
use crate::console::Console;
use crate::href::project_href;
use crate::layout::{PageLayout, Section};
use crate::load;
use crate::page::{Page, Submission};
use crate::service_head::{ServiceHead, Tab};

pub(super) fn routes(root: &str) -> Router<Console> {
    let route = format!("{root}/settings/certificate");
    Router::new().route(&route, get(show).post(issue))
}

#[derive(Template)]
#[template(path = "console/service/certificate.html")]
struct CertificatePage {
    layout: PageLayout,
    head: ServiceHead,
    offer: CertificateOffer,
    request: CertificateRequest,
}

#[derive(Template)]
#[template(path = "console/service/certificate_issued.html")]
struct IssuedPage {
    layout: PageLayout,
    head: ServiceHead,
    files: [File; 3],
    names: Vec<String>,
    addresses: Vec<IpAddr>,
    not_after: String,
    server_use: Option<&'static ServerUse>,
    /// Components that are registered without TLS.
    plain: BTreeSet<String>,
}

/// A file to save, with the name that the command line uses.
struct File {
    id: &'static str,
    name: &'static str,
    purpose: &'static str,
    text: String,
}

async fn show(page: Page) -> Response {
    present(&page, None).await
}

async fn issue(Submission { page, fields }: Submission) -> Response {
    let request = CertificateRequest::read(&fields);
    match ask(&page, &request).await {
        Ok(issued) => page.render(&issued),
        Err(refused) => present(&page.with_problem(refused), Some(request)).await,
    }
}

/// Shows the form, with the input or the defaults.
async fn present(page: &Page, request: Option<CertificateRequest>) -> Response {
    match CertificatePage::load(page, request).await {
        Ok(form) => page.render(&form),
        Err(refused) => page.refuse(refused),
    }
}

async fn ask(page: &Page, request: &CertificateRequest) -> Result<IssuedPage, ApiError> {
    // All other data is loaded first: a key that is not shown would be lost.
    let service = load::service(page).await?;
    let layout = page.layout("Server certificate", Section::Services).await;
    let body = request.body()?;
    let route = page.own_route(["service", service.service_name.as_str(), "certificate"]);
    let issued: IssuedCertificate = read(page.api.send(Method::POST, &route, Some(&body)).await?)?;
    let listeners = service.underpass.components.iter();
    let plain = listeners.filter(|it| !it.tls.is_on());
    Ok(IssuedPage {
        plain: plain.map(|it| it.component.clone()).collect(),
        layout: layout.answered().with_snippets(vec![request.snippet(page)]),
        server_use: ServerUse::of_type(&service.service_type),
        head: ServiceHead::new(page, &service, Tab::Settings),
        files: [
            File {
                id: "server-crt",
                name: "server.crt",
                purpose: "the certificate, for the server",
                text: issued.certificate,
            },
            File {
                id: "server-key",
                name: "server.key",
                purpose: "its private key, for the server only",
                text: issued.private_key.expose().to_owned(),
            },
            File {
                id: "ca-pem",
                name: "ca.pem",
                purpose: "the project's CA, for clients",
                text: issued.ca,
            },
        ],
        names: issued.names,
        addresses: issued.addresses,
        not_after: issued.not_after,
    })
}

impl CertificatePage {
    async fn load(page: &Page, request: Option<CertificateRequest>) -> Result<Self, ApiError> {
        let service = load::service(page).await?;
        let route = page.own_route(["service", service.service_name.as_str(), "certificate"]);
        let offer: CertificateOffer = page.api.get(&route).await?;
        let request = request.unwrap_or_else(|| CertificateRequest::usual(offer.default_days));
        let layout = page.layout("Server certificate", Section::Services).await;
        Ok(Self {
            layout: layout.with_snippets(vec![request.snippet(page)]),
            head: ServiceHead::new(page, &service, Tab::Settings),
            offer,
            request,
        })
    }

    fn href(&self) -> String {
        certificate_href(&self.head)
    }

    fn settings_href(&self) -> String {
        settings_href(&self.head)
    }
}

impl IssuedPage {
    fn nodes_change_href(&self) -> String {
        let name = self.head.service.service_name.as_str();
        project_href(&self.head.project, ["service", name, "nodes", "change"])
    }

    fn href(&self) -> String {
        certificate_href(&self.head)
    }

    fn settings_href(&self) -> String {
        settings_href(&self.head)
    }
}

fn settings_href(head: &ServiceHead) -> String {
    let name = head.service.service_name.as_str();
    project_href(&head.project, ["service", name, "settings"])
}

fn certificate_href(head: &ServiceHead) -> String {
    let name = head.service.service_name.as_str();
    project_href(&head.project, ["service", name, "settings", "certificate"])
}
