//! Rules about filters of lists, for the fuzz target.

use serde_json::json;

use super::filter::Filter;

/// Parses a filter, and applies it to documents.
pub(crate) fn filter(text: &str) {
    let Ok(filter) = Filter::parse(text, None) else {
        return;
    };
    let documents = [
        json!({}),
        json!({
            "name": "fr-1", "IPAddress": "10.0.0.5", "allPorts": true, "priority": 900,
            "network": "https://www.googleapis.com/compute/v1/projects/p/global/networks/n",
            "labels": { "team": "db" }, "ranges": ["10.0.0.0/8"], "status": "RUNNING",
        }),
    ];
    let grouped = Filter::parse(&format!("({text})"), None).ok();
    for document in documents {
        let matches = filter.matches(&document);
        // One that is as long as it may be cannot be longer.
        if let Some(grouped) = &grouped {
            assert_eq!(grouped.matches(&document), matches, "{text:?}");
        }
    }
}
