//! How a link is, in words: how far it is made, what hinders it, what a person can do.

use serde_json::Value;

/// One line: its state, how many of its parts are as desired, and what hinders it.
pub(super) fn progress(link: &Value) -> String {
    let state = text(link, "/state").unwrap_or("unknown");
    let is = |part: &Value, member: &str| part.get(member).and_then(Value::as_bool) == Some(true);
    let desired: Vec<&Value> = parts(link).filter(|part| is(part, "desired")).collect();
    let ready = desired.iter().filter(|part| is(part, "satisfied")).count();
    let left = parts(link).filter(|part| !is(part, "desired") && !is(part, "satisfied"));
    let how_far = match state {
        "deleting" => format!("{} left to remove", left.count()),
        _ => format!("{ready} of {} parts ready", desired.len()),
    };
    match trouble(link) {
        None => format!("{state}, {how_far}"),
        Some(trouble) => format!("{state}, {how_far}; {trouble}"),
    }
}

/// What a person can do next; nothing when all is well.
pub(super) fn next_action(link: &Value) -> Option<&str> {
    text(link, "/next_action")
}

/// The first part that does not move, and why.
fn trouble(link: &Value) -> Option<String> {
    let trouble = parts(link)
        .filter_map(|part| part.get("trouble"))
        .find(|trouble| trouble.is_object())?;
    let part = text(trouble, "/part").unwrap_or("a part");
    let why = text(trouble, "/message").unwrap_or("for no reason it tells");
    Some(format!("{part} does not move: {why}"))
}

fn parts(link: &Value) -> impl Iterator<Item = &Value> {
    let parts = link.get("parts").and_then(Value::as_array);
    parts.into_iter().flatten()
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn part(name: &str, desired: bool, satisfied: bool) -> Value {
        json!({ "part": name, "desired": desired, "satisfied": satisfied, "trouble": null })
    }

    #[test]
    fn progress_counts_the_parts_that_are_as_desired() {
        let link = json!({ "state": "creating", "next_action": null, "parts": [
            part("balancer", true, true), part("attachment", true, false)] });
        assert_eq!(progress(&link), "creating, 1 of 2 parts ready");
        assert_eq!(next_action(&link), None);
        let link = json!({ "state": "deleting", "parts": [
            part("balancer", false, false), part("attachment", false, true)] });
        assert_eq!(progress(&link), "deleting, 1 left to remove");
    }

    #[test]
    fn what_hinders_it_is_said() {
        let mut stuck = part("balancer", true, false);
        stuck["trouble"] = json!({ "part": "balancer", "message": "quota", "code": "q" });
        let link = json!({ "state": "creating", "parts": [stuck] });
        assert_eq!(
            progress(&link),
            "creating, 0 of 1 parts ready; balancer does not move: quota"
        );
    }
}
