//! `events`

use serde_json::Value;
use underpass_api_types::event::NewestEvents;

use super::session::Session;
use crate::cli::events::EventsArgs;
use crate::client::list;
use crate::document::Document;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;

/// Events per request: 1,000, the server's limit.
const PAGE: usize = 1000;

pub(super) async fn run(
    args: &EventsArgs,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let session = Session::open(settings, printer)?;
    let path = ["underpass", "project", &session.project, "events"];
    let mut query = vec![
        ("order", "newest".to_owned()),
        ("after", args.after.to_string()),
    ];
    if let Some(service) = &args.service {
        query.push(("subject", format!("service/{service}")));
    }
    let mut events: Vec<Value> = Vec::new();
    let mut before = None;
    while events.len() < args.limit {
        let limit = PAGE.min(args.limit - events.len());
        let mut query = query.clone();
        query.push(("limit", limit.to_string()));
        query.extend(before.map(|before: u64| ("before", before.to_string())));
        let page: Document<NewestEvents> = session.client.read_with(&path, &query).await?;
        events.extend_from_slice(list(&page.raw, "events")?);
        before = page.content.next_before;
        if before.is_none() {
            break;
        }
    }
    // Requested from the newest, printed from the oldest.
    events.reverse();
    let columns = &["seq", "at", "subject", "actor", "code", "message"];
    printer.rows(&events, Layout::Columns(columns), &args.output)
}
