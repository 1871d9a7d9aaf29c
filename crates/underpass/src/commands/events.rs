//! `events`

use serde_json::Value;

use super::Session;
use crate::cli::events::EventsArgs;
use crate::client::list;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;

/// Events asked for at once: 1,000, the server's own bound.
const PAGE: u64 = 1000;

pub(super) async fn run(
    args: &EventsArgs,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let session = Session::open(settings, printer)?;
    let path = ["underpass", "project", &session.project, "events"];
    let mut events: Vec<Value> = Vec::new();
    let mut after = args.after;
    loop {
        let query = [("after", after.to_string()), ("limit", PAGE.to_string())];
        let answer = session.client.get_with(&path, &query).await?;
        let page = list(&answer, "events")?;
        let last = page
            .iter()
            .filter_map(|event| event.get("seq").and_then(Value::as_u64))
            .max();
        events.extend(
            page.iter()
                .filter(|event| concerns(event, args.service.as_deref()))
                .cloned(),
        );
        events.drain(..events.len().saturating_sub(args.limit));
        match last {
            Some(last) if last > after => after = last,
            _ => break,
        }
    }
    let columns = &["seq", "at", "subject", "actor", "code", "message"];
    printer.rows(&events, Layout::Columns(columns), &args.output)
}

fn concerns(event: &Value, service: Option<&str>) -> bool {
    let Some(service) = service else { return true };
    let subject = event.get("subject").and_then(Value::as_str).unwrap_or("");
    subject
        .strip_prefix("service/")
        .and_then(|rest| rest.strip_prefix(service))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
