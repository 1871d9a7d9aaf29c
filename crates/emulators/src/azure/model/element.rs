//! Elements: named objects in the arrays of a resource's document, for instance frontends, pools,
//! rules and IP configurations.

use serde_json::{Value, json};

use super::document;
use super::id::ResourceId;
use super::refusal::Refusal;
use super::resource::{self, Resource};

/// Takes the elements out of a body, and checks their form and names.
///
/// Read-only members are dropped, so that a client may send back a document it has read.
///
/// # Errors
/// `InvalidRequestFormat`, `InvalidResourceName`, or `DuplicateResourceName`.
pub(super) fn take(
    body: &mut Value,
    owner: &ResourceId,
    pointer: &str,
) -> Result<Vec<Value>, Refusal> {
    let mut elements = match body.pointer_mut(pointer).map(Value::take) {
        None => Vec::new(),
        Some(Value::Array(elements)) => elements,
        Some(_) => return Err(Refusal::malformed(format_args!("{pointer} must be a list"))),
    };
    let mut names: Vec<String> = Vec::new();
    for element in &mut elements {
        if !element.is_object() {
            return Err(Refusal::malformed(format_args!(
                "{pointer} must list objects"
            )));
        }
        let Some(name) = document::text(element, "/name").map(str::to_owned) else {
            let what = format_args!("an object in {pointer} has no name");
            return Err(Refusal::malformed(what));
        };
        resource::check_name(&name)?;
        if names.iter().any(|it| it.eq_ignore_ascii_case(&name)) {
            return Err(Refusal::invalid(
                "DuplicateResourceName",
                format!("Resource {owner} has two child resources with the same name ({name})."),
            ));
        }
        names.push(name);
        document::default(element, "/properties", json!({}));
        for read_only in ["/id", "/etag", "/type", "/properties/provisioningState"] {
            document::discard(element, read_only);
        }
    }
    Ok(elements)
}

/// The element with this name.
pub(super) fn find<'a>(elements: &'a [Value], name: &str) -> Option<&'a Value> {
    elements
        .iter()
        .find(|element| document::text_is(element, "/name", name))
}

/// Adds the read-only members to the elements of a resource, with their state if they have one.
pub(super) fn add_read_only(
    shown: &mut Value,
    owner: &Resource,
    collection: &str,
    state: Option<&str>,
) {
    let pointer = format!("/properties/{collection}");
    let Some(Value::Array(elements)) = shown.pointer_mut(&pointer) else {
        return;
    };
    for element in elements {
        let name = document::text_or_empty(element, "/name").to_owned();
        document::put(element, "/id", format!("{}/{collection}/{name}", owner.id));
        document::put(element, "/etag", owner.etag());
        let kind = format!("{}/{collection}", owner.id.kind().full_type());
        document::put(element, "/type", kind);
        if let Some(state) = state {
            document::put(element, "/properties/provisioningState", state);
        }
    }
}
