use serde_json::json;

use super::*;

#[test]
fn a_table_has_the_form_of_the_compatible_command_line() {
    let rows = [
        json!({ "state": "active", "ids": ["a", "b"], "user_ip_address": null }),
        json!({ "state": "creating", "ids": [], "user_ip_address": "127.64.0.4" }),
    ];
    let lines = draw(&rows, Layout::Sorted);
    assert_eq!(
        lines,
        [
            "IDS   STATE     USER_IP_ADDRESS",
            "====  ========  ===============",
            "a, b  active    null",
            "creating  127.64.0.4",
        ]
    );
}

#[test]
fn columns_keep_their_order_and_may_be_missing_in_a_row() {
    let rows = [json!({ "b": 1, "a": true }), json!({ "b": 22 })];
    assert_eq!(
        draw(&rows, Layout::Columns(&["b", "a"])),
        ["B   A   ", "==  ====", "1   true", "22"]
    );
}

#[test]
fn an_empty_list_draws_nothing() {
    assert!(draw(&[], Layout::Sorted).is_empty());
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let rows = [json!({ "message": "\u{1b}[2Jhello" })];
    assert_eq!(draw(&rows, Layout::Sorted)[2], r#""\u001b[2Jhello""#);
}

#[test]
fn details_follow_their_row() {
    let row = json!({ "name": "pg-1", "uri": "x", "config": { "a": { "b": true }, "z": 1 } });
    assert_eq!(
        draw(&[row], Layout::Detailed(&["name"], &["uri", "config.*"])),
        [
            "NAME",
            "====",
            "pg-1",
            "    uri        = x",
            "    config.a.b = true",
            "    config.z   = 1"
        ]
    );
}

#[test]
fn times_lose_their_fractions() {
    assert_eq!(
        cell("create_time", &json!("2026-01-01T00:00:00.123Z")),
        "2026-01-01T00:00:00Z"
    );
    assert_eq!(
        cell("note", &json!("2026-01-01T00:00:00.123Z")),
        "2026-01-01T00:00:00.123Z"
    );
}
