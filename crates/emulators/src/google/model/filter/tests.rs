use serde_json::{Value, json};

use super::*;

#[track_caller]
fn passes(filter: &str, document: &Value) -> bool {
    Filter::parse(filter, None).unwrap().matches(document)
}

fn rule() -> Value {
    json!({
        "name": "fr-1", "IPAddress": "10.0.0.5", "allPorts": true, "priority": 900, "ratio": 0.5,
        "id": "5123456789012345678", "creationTimestamp": "2026-01-02T03:04:05.000-08:00",
        "network": "https://www.googleapis.com/compute/v1/projects/p/global/networks/n",
        "nested": { "port": 5432 }, "ranges": ["10.0.0.0/8", "172.16.0.0/12"],
        "labels": { "team": "blue", "x-1_y": "" },
        "entries": [{ "kind": "a", "size": 1 }, { "kind": "b", "size": 7 }],
    })
}

#[track_caller]
fn check(passing: &[&str], failing: &[&str]) {
    for filter in passing {
        assert!(passes(filter, &rule()), "{filter}");
    }
    for filter in failing {
        assert!(!passes(filter, &rule()), "{filter}");
    }
}

#[test]
fn values_are_compared_by_equality() {
    check(
        &[
            "IPAddress = \"10.0.0.5\"",
            "IPAddress=10.0.0.5",
            "name != x AND allPorts = true AND priority=900",
            "(name = \"fr-1\") (nested.port = 5432)",
            "network = \"https://compute.googleapis.com/compute/v1/projects/p/global/networks/n\"",
            "network = https://www.googleapis.com/compute/v1/projects/p/global/networks/n",
            "ranges = \"10.0.0.0/8\"",
            "name\u{85}=\u{a0}fr-1\n",
            "absent = false",
            "absent = \"\"",
            "absent != x",
            "ratio = 0.50",
            "entries.kind = b",
            "labels.team = blue",
            "labels.x-1_y = \"\"",
            "name = 'fr-1'",
        ],
        &[
            "IPAddress = \"10.0.0.50\"",
            "name = fr-1 AND allPorts = false",
            "name = FR-1",
            "priority = 0900x",
            "ranges != \"10.0.0.0/8\"",
            "labels.team = red",
            "labels.other = blue",
            "entries.kind = c",
            "absent = x",
        ],
    );
}

#[test]
fn a_star_stands_for_any_characters() {
    check(
        &[
            "name = fr-*",
            "name = *1",
            "name = \"f*-*1\"",
            "name = *",
            "name != other*",
            "name:F*1",
            "name:fr*",
            "labels.team:*",
            "labels:team",
            "labels:t*",
            "labels:*",
            "ranges:172.*",
            "ranges:*",
            "name:R-",
            "network:networks/n",
        ],
        &[
            "name = r-*",
            "name = fr-*2",
            "name != fr*",
            "name:r*",
            "absent = *",
            "absent:*",
            "labels.other:*",
            "labels:other",
            "labels:blue",
            "ranges:192.*",
        ],
    );
}

#[test]
fn numbers_times_and_texts_are_ordered() {
    check(
        &[
            "priority > 899",
            "priority >= 900",
            "priority<=900",
            "priority < 1000",
            "priority > 899.5",
            "ratio < 1",
            "id > 5123456789012345677",
            "id < 10000000000000000000",
            "entries.size > 5",
            "creationTimestamp > \"2026-01-02T10:00:00Z\"",
            "creationTimestamp < 2026-01-02T12:00:00Z",
            "creationTimestamp > \"2026-01\"",
            "name >= \"fr\"",
            "name < fs",
        ],
        &[
            "priority > 900",
            "priority < 900",
            "id > 5123456789012345678",
            "entries.size > 7",
            "creationTimestamp > \"2026-01-02T12:00:00Z\"",
            "name > fs",
            "name > 5",
            "absent > 0",
            "absent < 0",
            "allPorts > 0",
        ],
    );
}

#[test]
fn comparisons_are_joined() {
    check(
        &[
            "name = x OR name = fr-1",
            "(name = x OR name = fr-1) AND priority = 900",
            "NOT name = x",
            "NOT (name = x OR name = y) priority > 1",
            "((((name = fr-1))))",
            // OR binds tighter than AND.
            "name = fr-1 OR name = x AND priority = 900",
            "priority = 900 name = x OR name = fr-1",
        ],
        &[
            "name = x OR name = y",
            "name = fr-1 OR name = x AND priority = 1",
            "NOT (name = fr-1)",
            "priority = 900 AND name = x",
            "priority = 900 name = x",
        ],
    );
}

#[test]
fn regular_expressions_match_the_whole_value() {
    check(
        &[
            "name eq fr-1",
            "name eq 'fr-.*'",
            "name eq \"fr-.*\"",
            "name eq .*1",
            "name ne other",
            "name ne .*2",
            "name eq (fr|x)-[0-9]",
            "(name eq (fr|x)-1) (priority eq 900)",
            "((name eq fr-1)(allPorts eq true))(IPAddress ne 10.0.0.6)",
            "name eq fr.1",
            "name eq ^fr-1$",
            // As gcloud writes `name=fr`, `name:f*` and `name~f.`.
            r#"name eq ".*\bfr\b.*""#,
            r#"name eq ".*\bf.*""#,
            r#"name eq ".*(f.).*""#,
            r#"(name eq ".*\bfr\-1\b.*")(IPAddress eq ".*\b10\.0\b.*")"#,
            r#"name ne "a \" b""#,
            "absent eq false",
            "absent eq .*",
            "ranges eq 172.*",
            "labels.team eq bl.e",
        ],
        &[
            "name eq fr",
            "name eq r-1",
            "name ne fr-1",
            "name eq fr-.*2",
            "name eq FR-1",
            "name eq a|fr",
            "(name eq fr-1) (priority eq 901)",
            "network eq projects/p/global/networks/n",
            r#"name eq ".*\br\b.*""#,
        ],
    );
}

#[test]
fn other_syntax_is_refused() {
    let deep = |filter: &str| format!("{}{filter}{}", "(".repeat(33), ")".repeat(33));
    for filter in [
        "name",
        "name =",
        "= a",
        "name > true",
        "name > *",
        "name > a*",
        "name:\"\"",
        "(name = a",
        "name = a)",
        "name = a))((",
        "name = \"a",
        "()",
        " ",
        "name eq (a|b",
        "name eq a)",
        "name eq [a",
        "name eq a b",
        "name eq \"a\" name eq b",
        "name eq \"a",
        "name eq \"\\",
        "name eq",
        "name eq ",
        "name eq a{1000}{1000}",
        "name eq [a&&b]",
        "(name eq a) AND (name eq b)",
        "(name eq a) OR (name eq b)",
        "(name eq a) (name = b)",
        "(name = a) (name eq b)",
        "(name eq a) name eq b",
        "NOT name eq a",
        "name ~ a",
        "name == a",
        "AND name = a",
        "name = a AND",
        "name = a OR",
        "name = a OR OR name = b",
        "name = AND",
        "OR = a",
        "NOT",
        "-name = a",
        "labels.\"a.b\" = c",
        "name. = a",
        ".name = a",
        "entries[0].kind = a",
        "= = =",
        "name ! a",
        "é\u{0} = \u{10ffff} \"",
        "a\u{85}b",
        "name and name = a",
        &deep("name = a"),
        &deep("name eq a"),
        &"(".repeat(4000),
        &format!("name = {}", "a".repeat(5000)),
    ] {
        assert!(Filter::parse(filter, None).is_err(), "{filter}");
    }
}

#[test]
fn a_field_is_one_of_the_kind() {
    let kind = Some(Kind::ForwardingRule);
    for filter in [
        "name = a",
        "labels.team = a",
        "pscConnectionStatus = PENDING",
        "metadataFilters.filterLabels.name = a",
        "(labels.team eq a) (id ne 5)",
        "serviceDirectoryRegistrations.namespace:*",
    ] {
        assert!(Filter::parse(filter, kind).is_ok(), "{filter}");
    }
    for filter in [
        "nmae = a",
        "name.first = a",
        "name = a OR NOT (x = 5)",
        "psc_connection_status = PENDING",
        "labels.a.b = c",
        "(name eq a) (nmae ne b)",
        "metadataFilters.nothing = a",
    ] {
        assert!(Filter::parse(filter, kind).is_err(), "{filter}");
    }
}
