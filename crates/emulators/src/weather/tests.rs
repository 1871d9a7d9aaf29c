use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::disturbance::{Disturbance, FalseRead};
use super::false_read::shorten;
use super::fault_injector::FaultInjector;
use super::request_facts::{Access, RequestFacts};
use super::retry_after::{Form, retry_after};
use super::settings::{InvalidWeather, Weather};

fn at(milliseconds: i64) -> Timestamp {
    let start = Timestamp::from_second(1_800_000_000).unwrap();
    start + SignedDuration::from_millis(milliseconds)
}

fn request(access: Access, collection: &str, name: &str) -> RequestFacts {
    let method = match access {
        Access::Read | Access::List | Access::Poll => "GET",
        Access::Create | Access::Change { .. } => "PUT",
        Access::Other => "POST",
    };
    RequestFacts {
        method: method.to_owned(),
        access,
        collection: collection.to_owned(),
        target: format!("/{collection}/{name}?{access:?}"),
        scope: "acme".to_owned(),
    }
}

fn read(name: &str) -> RequestFacts {
    request(Access::Read, "services", name)
}

const CHANGE: Access = Access::Change {
    is_conditional: true,
};

/// The faults of a hundred requests of each access, a minute apart.
fn faults(injector: &mut FaultInjector, collection: &str) -> Vec<Option<Disturbance>> {
    let accesses = [Access::Read, Access::List, Access::Create, CHANGE];
    let requests = (0..100).flat_map(|number| {
        accesses.map(|access| (number, request(access, collection, &number.to_string())))
    });
    let faults = requests.map(|(number, facts)| {
        injector.disturb(&facts, Some(number % 7), at(60_000 * number.cast_signed()))
    });
    faults.collect()
}

#[test]
fn the_same_seed_and_requests_meet_the_same_faults() {
    let storm = Weather::named("storm").unwrap();
    let injector = |seed| FaultInjector::new(storm.clone(), seed);
    let expected = faults(&mut injector(7), "services");
    assert!(expected.iter().flatten().count() > 40, "{expected:?}");
    assert_eq!(faults(&mut injector(7), "services"), expected);
    assert_ne!(faults(&mut injector(8), "services"), expected);

    // Requests about other collections in between change nothing. Throttling would: it is of all.
    let alone = Weather {
        throttling: 0.0,
        expired_token: 0.0,
        ..storm
    };
    let injector = |seed| FaultInjector::new(alone.clone(), seed);
    let expected = faults(&mut injector(7), "services");
    let mut shared = injector(7);
    faults(&mut shared, "networks");
    assert_eq!(faults(&mut shared, "services"), expected);
}

#[test]
fn every_kind_of_fault_occurs_at_about_its_rate() {
    let storm = Weather::named("storm").unwrap();
    let weather = Weather {
        quota: 0.02,
        ..storm
    };
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..100 {
        let mut injector = FaultInjector::new(weather.clone(), seed);
        for fault in faults(&mut injector, "services").into_iter().flatten() {
            *counts.entry(fault.kind()).or_default() += 1;
        }
    }
    // 10,000 requests of each access meet the faults that they can meet.
    let expected = [
        ("slow_answer", 1600),
        ("cut_connection", 1200),
        ("server_error", 1200),
        ("false_absence", 200),
        ("stale_answer", 800),
        ("short_list", 600),
        ("conflict", 400),
        ("quota", 200),
        ("failed_operation", 800),
        ("hanging_operation", 800),
        ("reverted_write", 1000),
    ];
    for (kind, about) in expected {
        let count = counts[kind];
        assert!(
            (about * 3 / 4..about * 5 / 4).contains(&count),
            "{kind}: {count}, not about {about}"
        );
    }
    assert!(counts.contains_key("throttling") && counts.contains_key("expired_token"));
}

#[test]
fn false_answers_last_for_a_time_and_true_ones_follow() {
    let weather = Weather {
        false_absence: 1.0,
        false_absence_seconds: 2.0,
        true_answer_seconds: 10.0,
        ..Weather::default()
    };
    let mut injector = FaultInjector::new(weather, 1);
    let absent = Some(Disturbance::False(FalseRead::Absent));
    assert_eq!(injector.disturb(&read("a"), None, at(0)), absent);
    assert_eq!(injector.disturb(&read("a"), None, at(400)), absent);
    // A write is not answered falsely.
    let write = request(CHANGE, "services", "a");
    assert_eq!(injector.disturb(&write, None, at(400)), None);
    for later in [2_100, 6_000, 10_400] {
        assert_eq!(injector.disturb(&read("a"), None, at(later)), None);
    }
    assert_eq!(injector.disturb(&read("b"), None, at(5_000)), absent);
    assert_eq!(injector.disturb(&read("a"), None, at(12_100)), absent);
}

#[test]
fn throttling_refuses_what_the_cloud_counts_together() {
    let weather = Weather {
        throttling: 0.03,
        throttling_seconds: 4.0,
        ..Weather::default()
    };
    let mut injector = FaultInjector::new(weather, 3);
    let mut is_throttled = |facts: &RequestFacts, now| {
        let fault = injector.disturb(facts, None, at(now));
        fault.is_some_and(|fault| fault.kind() == "throttling")
    };
    let first = (0..100).find(|number| is_throttled(&read(&number.to_string()), 0));
    assert!(first.is_some());
    let next = [1, 2, 3, 4, 5].map(|name: u8| is_throttled(&read(&name.to_string()), 10));
    assert_eq!(next, [true; 5]);
    let other = RequestFacts {
        scope: "other".to_owned(),
        ..read("a")
    };
    assert!(!is_throttled(&other, 10), "another project");
    assert!(
        !is_throttled(&request(CHANGE, "services", "a"), 10),
        "a write"
    );
    assert!(!is_throttled(&read("a"), 4_100));
}

#[test]
fn a_token_expires_after_it_was_accepted() {
    let weather = Weather {
        expired_token: 1.0,
        expired_token_seconds: 2.0,
        ..Weather::default()
    };
    let mut injector = FaultInjector::new(weather, 1);
    let mut kind = |token, now| {
        let fault = injector.disturb(&read("a"), token, at(now));
        fault.map(|fault| fault.kind())
    };
    assert_eq!(kind(Some(1), 0), None, "its first use");
    assert_eq!(kind(Some(1), 10), Some("expired_token"));
    assert_eq!(kind(Some(2), 20), None, "a new one");
    assert_eq!(kind(Some(1), 30), Some("expired_token"));
    assert_eq!(
        kind(None, 40),
        None,
        "a caller without a token that expires"
    );
}

#[test]
fn reads_have_no_conflict_and_polls_no_false_answer() {
    let weather = Weather {
        conflict: 0.25,
        quota: 0.25,
        failed_operation: 0.25,
        stale_answer: 0.25,
        ..Weather::default()
    };
    for access in [Access::Read, Access::Poll, Access::Create, CHANGE] {
        let mut injector = FaultInjector::new(weather.clone(), 5);
        let faults = (0..200).filter_map(|number| {
            let facts = request(access, "services", &number.to_string());
            injector.disturb(&facts, None, at(0))
        });
        let kinds: BTreeSet<_> = faults.map(|fault| fault.kind()).collect();
        let expected: &[&str] = match access {
            Access::Read => &["stale_answer"],
            Access::Create => &["failed_operation", "quota"],
            Access::Change { .. } => &["conflict", "failed_operation"],
            Access::Poll | Access::List | Access::Other => &[],
        };
        assert_eq!(kinds, expected.iter().copied().collect(), "{access:?}");
    }
}

#[test]
fn a_wait_ends_no_earlier_than_the_period() {
    for (milliseconds, seconds, fraction) in
        [(1, "1", "0.1"), (1500, "2", "1.5"), (2001, "3", "2.1")]
    {
        let (now, until) = (at(300), at(300 + milliseconds));
        assert_eq!(retry_after(Form::Seconds, until, now), seconds);
        assert_eq!(retry_after(Form::Fraction, until, now), fraction);
        let date = retry_after(Form::Date, until, now);
        assert!(date.ends_with(" GMT"), "{date}");
        let read = jiff::fmt::rfc2822::parse(&date).unwrap().timestamp();
        // A client counts from the `Date` of the answer, which lacks the fraction of the second.
        assert!(read.duration_since(at(0)) >= SignedDuration::from_millis(milliseconds));
    }
}

#[test]
fn each_list_lacks_one_entry() {
    let mut document = json!({
        "items": [{ "name": "a", "connectedEndpoints": [1, 2] }, { "name": "b" }],
    });
    assert!(shorten(&mut document, 3));
    assert_eq!(
        document,
        json!({ "items": [{ "name": "a", "connectedEndpoints": [1, 2] }] })
    );
    let mut document = json!({
        "properties": { "privateEndpointConnections": [1, 2], "ipConfigurations": [3] },
    });
    assert!(shorten(&mut document, 0));
    let expected = json!({
        "properties": { "privateEndpointConnections": [2], "ipConfigurations": [3] },
    });
    assert_eq!(document, expected);
    assert!(!shorten(&mut json!({ "value": [] }), 0));
}

#[test]
fn a_storm_is_worse_than_a_breeze_and_both_are_valid() {
    let [calm, breezy, storm] = ["calm", "breezy", "storm"].map(|it| Weather::named(it).unwrap());
    assert!(calm.is_calm() && !breezy.is_calm());
    let rates = |weather: &Weather| serde_json::to_value(weather).unwrap();
    let (breezy, storm) = (rates(&breezy), rates(&storm));
    for (key, rate) in breezy.as_object().unwrap() {
        if !key.ends_with("_seconds") {
            assert!(storm[key].as_f64() >= rate.as_f64(), "{key}");
        }
    }
    assert!(matches!(
        Weather::named("hail"),
        Err(InvalidWeather::UnknownName(_))
    ));
}

#[test]
fn each_key_of_a_weather_has_a_comment_and_none_is_missing() {
    for text in [include_str!("breezy.toml"), include_str!("storm.toml")] {
        let mut keys = BTreeSet::new();
        let mut before = "";
        for line in text.lines() {
            if let Some((key, _)) = line.split_once(" = ")
                && !line.starts_with('#')
            {
                assert!(before.starts_with("# "), "`{key}` has no comment");
                keys.insert(key.to_owned());
            }
            before = line;
        }
        let all = serde_json::to_value(Weather::default()).unwrap();
        assert_eq!(keys, all.as_object().unwrap().keys().cloned().collect());
    }
}

#[test]
fn a_weather_that_cannot_be_is_refused_with_the_key() {
    for (text, expected) in [
        ("cut_conection = 0.1", "cut_conection"),
        ("conflict = 1.5", "`conflict` is 1.5. Valid values: 0 to 1"),
        ("conflict = -0.1", "`conflict` is -0.1"),
        ("conflict = nan", "`conflict` is NaN"),
        ("throttling_seconds = 1e9", "`throttling_seconds`"),
        ("conflict = 0.6\nquota = 0.6", "the rates add up to 1.2"),
        ("conflict = \"often\"", "conflict"),
    ] {
        let error = Weather::from_toml(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
