//! Static IPs of a project, in pages.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::static_ip::{StaticIpPage, StaticIpRow};
use underpass_model::part::Observed;
use underpass_model::static_ip::StaticIp;
use underpass_store::{Fetched, Key, Kind, Lookup};

use super::listing::{Needle, Page, invalid_after, non_blank};
use crate::api::error::Error;
use crate::api::network_condition::static_ip_conditions;
use crate::api::query::QueryParams;
use crate::api::static_ip::{json_of, seen};
use crate::api::whole_project::{WholeProject, on_own_threads};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/static-ips",
        on_own_threads(get(list)),
    )
}

#[derive(Deserialize)]
struct Asked {
    query: Option<String>,
    /// Only static IPs associated with this service.
    service: Option<String>,
    /// True for static IPs without a service, false for the others.
    free: Option<bool>,
    limit: Option<usize>,
    after: Option<String>,
}

impl Asked {
    fn takes(&self, ip: &StaticIp) -> bool {
        non_blank(self.service.as_ref()).is_none_or(|service| service_of(ip) == service)
            && self.free.is_none_or(|free| ip.service.is_none() == free)
    }
}

/// Returns the associated service; empty for none.
fn service_of(ip: &StaticIp) -> &str {
    ip.service.as_ref().map_or("", |name| name.as_str())
}

/// Returns the sort key of the list. Service names contain no slash.
fn sort_key(ip: &StaticIp) -> (&str, &str) {
    (service_of(ip), ip.id.as_str())
}

/// Returns whether a search text is in the ID, service or address of a static IP.
fn is_found(needle: &Needle, ip: &StaticIp, seen: &Fetched) -> bool {
    if needle.is_in(ip.id.as_str())
        || needle.is_in(service_of(ip))
        || needle.is_in(&ip.cloud.to_string())
    {
        return true;
    }
    let row = seen.readable_one::<Observed>(&Key::observed(&ip.work_key()));
    let address = row.and_then(|row| ip.address(&row.value));
    address.is_some_and(|address| needle.is_in(&address.to_string()))
}

async fn list(
    State(app): State<App>,
    WholeProject(member): WholeProject,
    QueryParams(asked): QueryParams<Asked>,
) -> Result<Json<StaticIpPage>, Error> {
    let needle = non_blank(asked.query.as_ref()).map(Needle::new);
    let after = non_blank(asked.after.as_ref());
    let after = after
        .map(|after| after.split_once('/').ok_or_else(invalid_after))
        .transpose()?;
    let mut lookups = vec![Lookup::Under(Kind::StaticIp, Key::project(member.name()))];
    if needle.is_some() {
        // Addresses are assigned by the cloud, so they are in the observed states.
        let all = Key::observed_static_ips(member.name());
        lookups.push(Lookup::Under(Kind::Observed, all));
    }
    let fetched = app.store.fetch(&lookups).await?;
    let mut ips = Vec::new();
    for row in fetched.readable::<StaticIp>() {
        let is_meant = match &needle {
            Some(needle) => is_found(needle, &row.value, &fetched),
            None => true,
        };
        if is_meant && asked.takes(&row.value) {
            ips.push(row.value);
        }
    }
    ips.sort_by(|one, other| sort_key(one).cmp(&sort_key(other)));
    let start = ips.partition_point(|ip| after.is_some_and(|after| sort_key(ip) <= after));
    let page = Page::of(ips.len(), start, asked.limit);
    let shown = ips.get(page.rows).unwrap_or_default();
    // Observed states and services are read only for this page.
    let fetched = app.store.fetch(&shown_with(shown)).await?;
    let views = shown.iter().map(|ip| StaticIpRow {
        static_ip: json_of(ip, &fetched),
        conditions: static_ip_conditions(&app, ip, &seen(ip, &fetched)),
    });
    Ok(Json(StaticIpPage {
        static_ips: views.collect(),
        total: ips.len(),
        next_after: shown
            .last()
            .filter(|_| page.has_more)
            .map(|ip| format!("{}/{}", service_of(ip), ip.id)),
    }))
}

/// Returns the lookups that [`json_of`] requires.
fn shown_with(shown: &[StaticIp]) -> Vec<Lookup> {
    let mut lookups: Vec<_> = shown
        .iter()
        .map(|ip| Lookup::One(Kind::Observed, Key::observed(&ip.work_key())))
        .collect();
    let mut services: Vec<_> = shown
        .iter()
        .filter_map(|ip| Some(Key::service(&ip.project, ip.service.as_ref()?)))
        .collect();
    services.dedup();
    let services = services.into_iter();
    lookups.extend(services.map(|key| Lookup::One(Kind::Service, key)));
    lookups
}
