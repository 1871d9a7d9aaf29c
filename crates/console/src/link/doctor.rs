//! Check of the path of a link: what is broken, and what mends it.

use askama::Template;
use axum::http::Method;
use axum::response::Response;
use underpass_api_types::doctor::{HopView, PathReport};
use underpass_model::doctor::HopStatus;

use super::path::HopStatus as Drawn;
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::layout::{PageLayout, Section};
use crate::load;
use crate::page::Page;
use crate::remedy::{RemedyLink, remedy_link};
use crate::service_head::{ServiceHead, Tab};

#[derive(Template)]
#[template(path = "console/link_doctor.html")]
struct DoctorPage {
    layout: PageLayout,
    head: ServiceHead,
    provider: String,
    link_href: String,
    again_href: String,
    report: PathReport,
    /// Page on which the first broken hop is mended.
    remedy: Option<RemedyLink>,
    client_command: String,
}

/// Shows the hops of the path as they are now. The page is not updated by itself, since each check
/// asks the cloud.
pub(super) async fn show(page: Page) -> Response {
    match load(&page).await {
        Ok(content) => page.render(&content),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<DoctorPage, ApiError> {
    let service = load::service(page).await?;
    let connection = page.query("connection");
    let mut route = page.own_link_route(["doctor"]);
    if !connection.is_empty() {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("connection", &connection)
            .finish();
        route = format!("{route}?{query}");
    }
    let report: PathReport = page.api.get(&route).await?;
    let (project, name, provider) = (page.project(), page.service(), page.provider());
    let id = report.privatelink_connection_id.clone();
    let mut words = vec!["doctor", name];
    words.extend(id.as_deref());
    words.extend(["--cloud", provider]);
    let client_command = format!("underpass {} --from-here", words.join(" "));
    words.extend(["--project", project]);
    let snippet = cli_snippet("Check the path", words, &Method::GET, &route, None);
    let broken = report
        .hops
        .iter()
        .find(|hop| hop.status == HopStatus::Broken)
        .and_then(|hop| hop.remedy.as_ref());
    let mut layout = page.layout("Check the path", Section::Services).await;
    // Not fetched anew after a change.
    layout.is_answer = true;
    let again_href = format!("{}/doctor", page.own_link_href());
    Ok(DoctorPage {
        remedy: broken.and_then(|it| remedy_link(project, layout.is_operator, &it.remedy)),
        layout: layout.with_snippets(vec![snippet]),
        head: ServiceHead::new(page, &service, Tab::PrivateLink),
        provider: provider.to_owned(),
        link_href: page.own_link_href(),
        again_href: match &id {
            Some(id) => format!("{again_href}?connection={id}"),
            None => again_href,
        },
        client_command,
        report,
    })
}

/// The drawing of a hop.
fn class(hop: &HopView) -> &'static str {
    match hop.status {
        HopStatus::Ok => Drawn::Good,
        HopStatus::Broken => Drawn::Bad,
        HopStatus::NotChecked => Drawn::Unchecked,
    }
    .class()
}

/// The status of a hop in words.
fn words(hop: &HopView) -> &'static str {
    match hop.status {
        HopStatus::Ok => "ok",
        HopStatus::Broken => "broken",
        HopStatus::NotChecked => "not checked",
    }
}
