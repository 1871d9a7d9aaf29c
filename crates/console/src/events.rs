//! The events of a project, newest first.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;
use underpass_api_types::event::{EventView, NewestEvents};
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::paging::{Paging, ROWS};
use underpass_web::time::RelativeTime;
use underpass_web::url::query;

use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::{ROOT, link_href, project_href};
use crate::layout::{PageLayout, Section};
use crate::page::Page;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(&format!("{ROOT}/project/{{project}}/event"), get(show))
}

#[derive(Template)]
#[template(path = "console/events.html")]
struct EventsPage {
    layout: PageLayout,
    filter: Filter,
    events: Vec<Row>,
    paging: Paging,
}

/// Filter of the list.
struct Filter {
    service: String,
    /// Subject of the events, or the beginning of its path; `service` is a shorter form.
    subject: String,
    /// Last number of the previous page.
    before: String,
}

/// An event of the list.
struct Row {
    when: RelativeTime,
    /// Page of its subject, if there is one.
    href: Option<String>,
    /// Details, as JSON.
    details: Option<String>,
    it: EventView,
}

impl Filter {
    fn of(page: &Page) -> Self {
        Self {
            service: page.query("service").trim().to_owned(),
            subject: page.query("subject").trim().to_owned(),
            before: page.query("before"),
        }
    }

    /// The filters as parameters, without the position in the list.
    fn filters(&self) -> [(&str, &str); 2] {
        [("service", &self.service), ("subject", &self.subject)]
    }

    fn is_set(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }

    /// Subject for the API.
    fn about(&self) -> String {
        if self.service.is_empty() {
            self.subject.clone()
        } else {
            format!("service/{}", self.service)
        }
    }
}

impl Row {
    fn new(page: &Page, it: EventView) -> Self {
        let is_empty = match &it.details {
            Value::Null => true,
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        Self {
            when: RelativeTime::new(&it.at, page.now),
            href: href(page.project(), &it.subject),
            details: (!is_empty).then(|| format!("{:#}", it.details)),
            it,
        }
    }
}

/// Page of the subject of an event.
fn href(project: &str, subject: &str) -> Option<String> {
    let segments: Vec<_> = subject.split('/').collect();
    Some(match segments.as_slice() {
        ["vpc" | "static-ip", ..] => project_href(project, ["network"]),
        ["service", service] => project_href(project, ["service", service]),
        ["service", service, "privatelink", provider] => link_href(project, service, provider),
        [
            "service",
            service,
            "privatelink",
            provider,
            "connection",
            id,
        ] => {
            format!("{}#{id}", link_href(project, service, provider))
        }
        _ => return None,
    })
}

async fn show(page: Page) -> Response {
    match load(&page).await {
        Ok(list) => page.render(&list),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<EventsPage, ApiError> {
    let filter = Filter::of(page);
    let about = filter.about();
    let limit = ROWS.to_string();
    let asked = query([
        ("order", "newest"),
        ("limit", limit.as_str()),
        ("subject", about.as_str()),
        ("before", &filter.before),
    ]);
    let route = format!("{}{asked}", page.own_route(["events"]));
    let answer: NewestEvents = page.api.get(&route).await?;
    let next = answer.next_before.map(|seq| seq.to_string());
    let paging = Paging::new(
        "Newest",
        &page.href(["event"]),
        &filter.filters(),
        "before",
        &filter.before,
        next.as_deref(),
    );
    let snippet = snippet(page, &filter, &route);
    Ok(EventsPage {
        layout: page
            .layout("Events", Section::Events)
            .await
            .with_snippets(vec![snippet]),
        filter,
        events: answer
            .events
            .into_iter()
            .map(|it| Row::new(page, it))
            .collect(),
        paging,
    })
}

fn snippet(page: &Page, filter: &Filter, route: &str) -> CliSnippet {
    let mut command = vec!["events"];
    if !filter.service.is_empty() {
        command.extend(["--service", &filter.service]);
    }
    command.extend(["--project", page.project()]);
    cli_snippet("List events", command, &Method::GET, route, None)
}

impl EventsPage {
    fn list_href(&self) -> String {
        project_href(&self.layout.project, ["event"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_leads_to_what_it_is_about() {
        let to = |subject| href("demo", subject);
        assert_eq!(to("project"), None);
        assert_eq!(
            to("vpc/1").as_deref(),
            Some("/console/project/demo/network")
        );
        assert_eq!(
            to("service/pg-1/privatelink/azure/connection/plc1").as_deref(),
            Some("/console/project/demo/service/pg-1/privatelink/azure#plc1")
        );
        assert_eq!(
            to("service/..").as_deref(),
            Some("/console/project/demo/service/..")
        );
    }
}
