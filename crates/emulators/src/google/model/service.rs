//! APIs of a project, as the Service Usage API shows them.

use serde_json::json;

use super::request::Reply;
use super::state::State;

/// The API that is always enabled.
const COMPUTE: &str = "compute.googleapis.com";

/// `GET projects/{project}/services/{name}`.
pub(super) fn get(state: &State, project: &str, name: &str) -> Reply {
    let number = state.project_number(project).unwrap_or_default();
    let state = if name == COMPUTE {
        "ENABLED"
    } else {
        "DISABLED"
    };
    Reply::ok(json!({
        "name": format!("projects/{number}/services/{name}"),
        "parent": format!("projects/{number}"),
        "state": state,
    }))
}
