use super::*;

const OURS: Lineage = Lineage::from_bits(1);
const OTHER: Lineage = Lineage::from_bits(2);
const NEXT: Lineage = Lineage::from_bits(3);

fn store(lineage: impl Into<Option<Lineage>>, number: u64) -> StorePosition {
    StorePosition {
        lineage: lineage.into(),
        number,
    }
}

fn at() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// A record, the store that is opened, and what follows.
type Case = (WitnessRecord, StorePosition, Option<OlderStore>);

#[test]
fn every_combination_of_a_record_and_a_store_is_decided() {
    let ours = || WitnessRecord::of(store(OURS, 5));
    let numbers = || WitnessRecord::of(store(None, 5));
    let nothing = WitnessRecord::default;
    let put_back = |found| OlderStore::PutBack { found, expected: 5 };
    let other = |found| OlderStore::OtherLineage {
        found,
        expected: OURS,
    };
    let lost = OlderStore::Lost { expected: 5 };
    let restored = OlderStore::Restored(at());
    let cases: Vec<Case> = vec![
        (ours(), store(OURS, 5), None),
        (ours(), store(OURS, 6), None),
        (ours(), store(OURS, 4), Some(put_back(4))),
        // A higher number is no sign of the same changes.
        (ours(), store(OTHER, 4), Some(other(Some(OTHER)))),
        (ours(), store(OTHER, 5), Some(other(Some(OTHER)))),
        (ours(), store(OTHER, 99), Some(other(Some(OTHER)))),
        (ours(), store(None, 99), Some(other(None))),
        (ours(), store(None, 0), Some(lost.clone())),
        (ours(), store(NEXT, 99), Some(other(Some(NEXT)))),
        // An earlier version wrote the record: its numbers alone count.
        (numbers(), store(None, 5), None),
        (numbers(), store(OURS, 5), None),
        (numbers(), store(None, 4), Some(put_back(4))),
        (numbers(), store(OURS, 4), Some(put_back(4))),
        (numbers(), store(None, 0), Some(lost.clone())),
        // A lineage was announced.
        (ours().announcing(NEXT), store(OURS, 5), None),
        (ours().announcing(NEXT), store(NEXT, 5), None),
        (ours().announcing(NEXT), store(OURS, 4), Some(put_back(4))),
        (
            ours().announcing(NEXT),
            store(OTHER, 9),
            Some(other(Some(OTHER))),
        ),
        (numbers().announcing(NEXT), store(NEXT, 5), None),
        (numbers().announcing(NEXT), store(None, 5), None),
        (
            ours().restored(at()),
            store(OURS, 9),
            Some(restored.clone()),
        ),
        (
            nothing().restored(at()),
            store(OTHER, 0),
            Some(restored.clone()),
        ),
        (
            ours().restored(at()).announcing(NEXT),
            store(OURS, 9),
            Some(restored.clone()),
        ),
        (ours().restored(at()).announcing(NEXT), store(NEXT, 2), None),
        // A backup that is restored later is not what was announced.
        (
            ours().announcing(NEXT).restored(at()),
            store(NEXT, 9),
            Some(restored),
        ),
        (nothing(), store(OURS, 9), Some(OlderStore::Unknown)),
        (nothing(), store(None, 0), Some(OlderStore::Unknown)),
        (nothing().announcing(NEXT), store(NEXT, 9), None),
        (
            nothing().announcing(NEXT),
            store(OURS, 9),
            Some(OlderStore::Unknown),
        ),
        // A start that ended before the first change.
        (
            WitnessRecord::of(store(None, 0)).announcing(NEXT),
            store(None, 0),
            None,
        ),
        (
            WitnessRecord::of(store(None, 0)).announcing(NEXT),
            store(NEXT, 0),
            None,
        ),
    ];
    for (record, store, expected) in cases {
        let text = serde_json::to_vec(&record).unwrap();
        let read = WitnessRecord::read(&text);
        assert_eq!(read, record);
        assert_eq!(read.compare(store), expected, "{record:?} {store:?}");
    }
}

#[test]
fn without_a_record_only_a_store_without_a_lineage_is_accepted() {
    assert_eq!(compare_without_record(store(None, 0)), None);
    assert_eq!(compare_without_record(store(None, 9)), None);
    assert_eq!(
        compare_without_record(store(OURS, 9)),
        Some(OlderStore::Unknown)
    );
}

#[test]
fn records_of_earlier_versions_are_read_and_others_accept_no_store() {
    let read = |text: &str| WitnessRecord::read(text.as_bytes());
    assert_eq!(read(r#"{"position":5}"#), WitnessRecord::of(store(None, 5)));
    assert_eq!(
        read(r#"{"position":5,"restored_at":"2027-01-15T08:00:00Z"}"#),
        WitnessRecord::of(store(None, 5)).restored(at())
    );
    for text in [
        "",
        "null",
        "{}",
        "{}x",
        r#"{"position":-1}"#,
        r#"{"position":99999999999999999999}"#,
        r#"{"position":5,"lineage":"5"}"#,
        "\0\0\0",
    ] {
        assert_eq!(read(text), WitnessRecord::default(), "{text:?}");
    }
}
