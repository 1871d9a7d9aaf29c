//! Reference of the API: it lists every route with its rule.

use std::collections::BTreeSet;

use super::rules::TABLE;

/// Reference for readers of the documentation.
const REFERENCE: &str = include_str!("../../../../../docs/reference/api.md");

/// Rows `| METHOD | TEMPLATE | rule | effect |` of the reference, in the order of the table of rules.
fn documented() -> Vec<String> {
    let rows = REFERENCE.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        let [_, method, template, rule, effect, _] = cells[..] else {
            panic!("not a row of four cells: {row}");
        };
        assert!(!effect.is_empty(), "{row} names no effect");
        format!("{rule} {method} {template}")
    })
    .collect()
}

#[test]
fn the_reference_lists_every_route_with_its_rule() {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let ruled: BTreeSet<_> = rows
        .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let rows = documented();
    let documented: BTreeSet<_> = rows.iter().cloned().collect();
    let missing: Vec<_> = ruled.difference(&documented).collect();
    let superfluous: Vec<_> = documented.difference(&ruled).collect();
    assert!(
        missing.is_empty() && superfluous.is_empty() && rows.len() == documented.len(),
        "docs/reference/api.md lacks {missing:?} and has {superfluous:?}"
    );
}
