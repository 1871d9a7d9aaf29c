//! The static IPs of a project, in pages: a large project has thousands.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::static_ip::StaticIpPage;
use underpass_model::part::{AzurePart, Observed, Part};
use underpass_model::static_ip::StaticIp;
use underpass_store::{Fetched, Key, Kind, Lookup};

use super::listing::{Needle, Page, no_place, said};
use crate::api::static_ip::json_of;
use crate::api::{Error, Member, QueryParams};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/underpass/project/{project}/static-ips", get(list))
}

#[derive(Deserialize)]
struct Asked {
    query: Option<String>,
    /// Those kept for this service.
    service: Option<String>,
    /// Whether those kept for nobody are asked for, or all others.
    free: Option<bool>,
    limit: Option<usize>,
    after: Option<String>,
}

impl Asked {
    fn takes(&self, ip: &StaticIp) -> bool {
        said(self.service.as_ref()).is_none_or(|service| service_of(ip) == service)
            && self.free.is_none_or(|free| ip.service.is_none() == free)
    }
}

/// The service it is kept for, empty for nobody.
fn service_of(ip: &StaticIp) -> &str {
    ip.service.as_ref().map_or("", |name| name.as_str())
}

/// Its place in the list. No service has a slash in its name.
fn place(ip: &StaticIp) -> (&str, &str) {
    (service_of(ip), ip.id.as_str())
}

/// Whether a text is in what its line begins with.
fn is_found(needle: &Needle, ip: &StaticIp, seen: &Fetched) -> Result<bool, Error> {
    if needle.is_in(ip.id.as_str())
        || needle.is_in(service_of(ip))
        || needle.is_in(&ip.cloud.to_string())
    {
        return Ok(true);
    }
    let row = seen.one::<Observed>(&Key::observed(&ip.work_key()))?;
    let address = row.and_then(|row| {
        row.value
            .last(&Part::Azure(AzurePart::Address))?
            .facts
            .address
    });
    Ok(address.is_some_and(|address| needle.is_in(&address.to_string())))
}

async fn list(
    State(app): State<App>,
    member: Member,
    QueryParams(asked): QueryParams<Asked>,
) -> Result<Json<StaticIpPage>, Error> {
    let needle = said(asked.query.as_ref()).map(Needle::new);
    let after = said(asked.after.as_ref());
    let after = after
        .map(|after| after.split_once('/').ok_or_else(no_place))
        .transpose()?;
    let mut lookups = vec![Lookup::Under(Kind::StaticIp, Key::project(member.name()))];
    if needle.is_some() {
        // Addresses are the cloud's, so they are among what was seen.
        let all = Key::observed_static_ips(member.name());
        lookups.push(Lookup::Under(Kind::Observed, all));
    }
    let fetched = app.store.fetch(&lookups).await?;
    let mut ips = Vec::new();
    for row in fetched.all::<StaticIp>()? {
        let is_meant = match &needle {
            Some(needle) => is_found(needle, &row.value, &fetched)?,
            None => true,
        };
        if is_meant && asked.takes(&row.value) {
            ips.push(row.value);
        }
    }
    ips.sort_by(|one, other| place(one).cmp(&place(other)));
    let start = ips.partition_point(|ip| after.is_some_and(|after| place(ip) <= after));
    let page = Page::of(ips.len(), start, asked.limit);
    let shown = ips.get(page.rows).unwrap_or_default();
    // What was seen, and who uses them, is read for this page alone.
    let fetched = app.store.fetch(&shown_with(shown)).await?;
    let views = shown.iter().map(|ip| json_of(ip, &fetched));
    Ok(Json(StaticIpPage {
        static_ips: views.collect::<Result<_, _>>()?,
        total: ips.len(),
        next_after: shown
            .last()
            .filter(|_| page.goes_on)
            .map(|ip| format!("{}/{}", service_of(ip), ip.id)),
    }))
}

/// What [`json_of`] looks at.
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
