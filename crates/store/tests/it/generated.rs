//! The engines give the same answers to generated sequences of calls.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;
use underpass_model::cloud::Provider;
use underpass_model::event::Event;
use underpass_model::id::{ConnectionId, Generation};
use underpass_model::name::{AccountName, ProjectName, ServiceName};
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{
    Change, Claim, Error, Expectation, Key, Kind, Lookup, Memory, Room, Store, WorkEdit, Write,
};

use crate::postgres_server::Database;
use crate::store_dir::StoreDir;

/// The kinds used, one of them encrypted.
const KINDS: [Kind; 3] = [Kind::Credentials, Kind::Observed, Kind::Service];

/// The accounts used.
const ACCOUNTS: [&str; 2] = ["east", "west"];

/// The services used. Names that begin with `b` sort on both sides of the keys below `b`.
const SERVICES: [&str; 4] = ["b", "b-c", "b0", "bc"];

#[derive(Debug, Clone)]
enum Op {
    Commit(Vec<Edit>),
    Claim {
        seconds: i64,
        limit: usize,
        /// The room of each account, and of the first account's.
        each: usize,
        first: usize,
    },
    Read {
        kind: usize,
        key: usize,
    },
    Wait(i64),
    Reopen,
}

#[derive(Debug, Clone)]
enum Edit {
    Put {
        kind: usize,
        key: usize,
        body: u8,
    },
    Remove {
        kind: usize,
        key: usize,
    },
    Absent {
        kind: usize,
        key: usize,
    },
    /// The row's version plus this difference.
    Version {
        kind: usize,
        key: usize,
        off: u64,
    },
    NoneUnder {
        kind: usize,
        key: usize,
    },
    /// A claim, counted backwards from the last.
    Lease {
        back: usize,
    },
    Enqueue {
        work: usize,
        seconds: i64,
        generation: u64,
        user: bool,
    },
    Finish {
        back: usize,
        generation: u64,
    },
    Reschedule {
        back: usize,
        generation: u64,
        seconds: i64,
        user: bool,
    },
    Assign {
        back: usize,
        account: usize,
    },
    Forget {
        back: usize,
    },
    Tell {
        project: usize,
    },
}

fn edit() -> impl Strategy<Value = Edit> {
    let row = || (0..KINDS.len(), 0..keys().len());
    prop_oneof![
        4 => (row(), any::<u8>())
            .prop_map(|((kind, key), body)| Edit::Put { kind, key, body }),
        2 => row().prop_map(|(kind, key)| Edit::Remove { kind, key }),
        1 => row().prop_map(|(kind, key)| Edit::Absent { kind, key }),
        2 => (row(), prop_oneof![9 => Just(0), 1 => 1..4_u64])
            .prop_map(|((kind, key), off)| Edit::Version { kind, key, off }),
        1 => row().prop_map(|(kind, key)| Edit::NoneUnder { kind, key }),
        1 => (0..2_usize).prop_map(|back| Edit::Lease { back }),
        6 => (0..SERVICES.len(), -3..9_i64, 0..4_u64, any::<bool>()).prop_map(
            |(work, seconds, generation, user)| Edit::Enqueue { work, seconds, generation, user }
        ),
        3 => (0..3_usize, 0..4_u64)
            .prop_map(|(back, generation)| Edit::Finish { back, generation }),
        3 => (0..3_usize, 0..4_u64, -3..9_i64, any::<bool>()).prop_map(
            |(back, generation, seconds, user)| {
                Edit::Reschedule { back, generation, seconds, user }
            }
        ),
        3 => (0..3_usize, 0..ACCOUNTS.len()).prop_map(|(back, account)| Edit::Assign { back, account }),
        1 => (0..3_usize).prop_map(|back| Edit::Forget { back }),
        2 => (0..2_usize).prop_map(|project| Edit::Tell { project }),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => prop::collection::vec(edit(), 0..4).prop_map(Op::Commit),
        4 => (-1..6_i64, 0..4_usize, 0..4_usize, 0..4_usize).prop_map(
            |(seconds, limit, each, first)| Op::Claim { seconds, limit, each, first }
        ),
        2 => (0..KINDS.len(), 0..keys().len()).prop_map(|(kind, key)| Op::Read { kind, key }),
        3 => (0..5_i64).prop_map(Op::Wait),
        1 => Just(Op::Reopen),
    ]
}

fn project(index: usize) -> ProjectName {
    ["demo", "other"][index].parse().unwrap()
}

fn account(index: usize) -> AccountName {
    ACCOUNTS[index].parse().unwrap()
}

const fn priority(user: bool) -> Priority {
    if user {
        Priority::User
    } else {
        Priority::Background
    }
}

fn keys() -> Vec<Key> {
    let demo = project(0);
    let mut keys = vec![Key::root(), Key::project(&demo)];
    for name in SERVICES {
        let name: ServiceName = name.parse().unwrap();
        let id = ConnectionId::from_bits(7);
        keys.push(Key::service(&demo, &name));
        keys.push(Key::link(&demo, &name, Provider::Google));
        keys.push(Key::connection(&demo, &name, Provider::Google, &id));
    }
    keys
}

/// The engine in memory, another one, and the state that their caller remembers.
struct Pair {
    keys: Vec<Key>,
    memory: Memory,
    durable: Option<Box<dyn Store>>,
    /// The place of the other one, if leases end when it is opened again.
    store_dir: Option<StoreDir>,
    now: Timestamp,
    claims: Vec<Claim>,
}

impl Pair {
    fn with_sqlite() -> Self {
        let store_dir = StoreDir::new();
        Self {
            durable: Some(Box::new(store_dir.open())),
            store_dir: Some(store_dir),
            ..Self::new()
        }
    }

    async fn with_postgres(database: &Database) -> Self {
        Self {
            durable: Some(Box::new(database.open().await)),
            ..Self::new()
        }
    }

    fn new() -> Self {
        Self {
            keys: keys(),
            memory: Memory::new(),
            durable: None,
            store_dir: None,
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            claims: Vec::new(),
        }
    }

    fn durable(&self) -> &dyn Store {
        &**self.durable.as_ref().unwrap()
    }

    fn after(&self, seconds: i64) -> Timestamp {
        self.now + SignedDuration::from_secs(seconds)
    }

    fn claim(&self, back: usize) -> Option<(WorkKey, u64)> {
        let claim = self.claims.iter().rev().nth(back)?;
        Some((claim.key.clone(), claim.epoch))
    }

    async fn version(&self, kind: Kind, key: &Key) -> u64 {
        let fetched = self
            .memory
            .fetch(&[Lookup::One(kind, key.clone())])
            .await
            .unwrap();
        fetched.records().first().map_or(0, |record| record.version)
    }

    async fn change(&self, edits: &[Edit]) -> Change {
        let mut change = Change::new();
        for edit in edits {
            self.add(&mut change, edit).await;
        }
        change
    }

    async fn add(&self, change: &mut Change, edit: &Edit) {
        let row = |kind: usize, key: usize| (KINDS[kind], self.keys[key].clone());
        match *edit {
            Edit::Put { kind, key, body } => {
                let (kind, key) = row(kind, key);
                change
                    .writes
                    .push(Write::Put(kind, key, json!({ "body": body })));
            }
            Edit::Remove { kind, key } => {
                let (kind, key) = row(kind, key);
                change.writes.push(Write::Remove(kind, key));
            }
            Edit::Absent { kind, key } => {
                let (kind, key) = row(kind, key);
                change.expectations.push(Expectation::Absent(kind, key));
            }
            Edit::Version { kind, key, off } => {
                let (kind, key) = row(kind, key);
                let version = self.version(kind, &key).await + off;
                change
                    .expectations
                    .push(Expectation::Version(kind, key, version));
            }
            Edit::NoneUnder { kind, key } => {
                let (kind, key) = row(kind, key);
                change.expectations.push(Expectation::NoneUnder(kind, key));
            }
            Edit::Lease { back } => change.expectations.extend(
                self.claim(back)
                    .map(|(key, epoch)| Expectation::Lease(key, epoch)),
            ),
            Edit::Enqueue {
                work,
                seconds,
                generation,
                user,
            } => change.enqueue.push(Enqueue {
                key: WorkKey::Link(project(0), SERVICES[work].parse().unwrap(), Provider::Azure),
                due_at: self.after(seconds),
                generation: Generation(generation),
                priority: priority(user),
            }),
            Edit::Finish { back, generation } => {
                change
                    .work
                    .extend(self.claim(back).map(|(key, epoch)| WorkEdit::Finish {
                        key,
                        epoch,
                        generation: Generation(generation),
                    }));
            }
            Edit::Reschedule {
                back,
                generation,
                seconds,
                user,
            } => {
                change
                    .work
                    .extend(self.claim(back).map(|(key, epoch)| WorkEdit::Reschedule {
                        key,
                        epoch,
                        generation: Generation(generation),
                        due_at: self.after(seconds),
                        priority: priority(user),
                    }));
            }
            Edit::Assign {
                back,
                account: index,
            } => change
                .work
                .extend(self.claim(back).map(|(key, epoch)| WorkEdit::Assign {
                    key,
                    epoch,
                    account: account(index),
                })),
            Edit::Forget { back } => change.work.extend(
                self.claim(back)
                    .map(|(key, epoch)| WorkEdit::Forget { key, epoch }),
            ),
            Edit::Tell { project: index } => change.events.push(Event {
                at: self.now,
                project: project(index),
                subject: "service/b".to_owned(),
                actor: "someone".to_owned(),
                code: "told".to_owned(),
                message: "Something happened".to_owned(),
                details: json!({}),
            }),
        }
    }

    async fn apply(&mut self, op: &Op) {
        match op {
            Op::Commit(edits) => {
                let change = self.change(edits).await;
                let answers = [
                    self.memory.commit(change.clone()).await,
                    self.durable().commit(change).await,
                ];
                let [memory, durable] = answers.map(told);
                assert_eq!(memory, durable);
            }
            Op::Claim {
                seconds,
                limit,
                each,
                first,
            } => {
                let room = Room::by_account(*limit, *each).account(Some(account(0)), *first);
                let (now, until) = (self.now, self.after(*seconds));
                let answers = [
                    self.memory.claim("worker", now, until, &room).await,
                    self.durable().claim("worker", now, until, &room).await,
                ];
                let [memory, durable] = answers.map(Result::unwrap);
                assert_eq!(memory, durable);
                self.claims.extend(memory);
            }
            Op::Read { kind, key } => {
                let key = &self.keys[*key];
                let lookups = [
                    Lookup::Under(KINDS[*kind], key.clone()),
                    Lookup::One(KINDS[0], key.clone()),
                ];
                self.compare(&lookups).await;
            }
            Op::Wait(seconds) => self.now = self.after(*seconds),
            Op::Reopen => {
                if let Some(store_dir) = &self.store_dir {
                    // The file is closed before it is opened again.
                    self.durable = None;
                    self.durable = Some(Box::new(store_dir.open()));
                    self.memory.end_leases();
                }
            }
        }
    }

    async fn compare(&self, lookups: &[Lookup]) {
        let answers = [
            self.memory.fetch(lookups).await,
            self.durable().fetch(lookups).await,
        ];
        let [memory, durable] = answers.map(Result::unwrap);
        assert_eq!(memory, durable);
    }

    async fn compare_everything(&self) {
        self.compare(&KINDS.map(|kind| Lookup::Under(kind, Key::root())))
            .await;
        self.compare(&KINDS.map(|kind| Lookup::One(kind, Key::root())))
            .await;
        for room in [
            Room::of(1),
            Room::of(1).account(None, 0),
            Room::by_account(1, 0).account(Some(account(1)), 1),
        ] {
            assert_eq!(
                self.memory.next_due(&room).await.unwrap(),
                self.durable().next_due(&room).await.unwrap()
            );
        }
        for project in [project(0), project(1)] {
            assert_eq!(
                self.memory.events(&project, 1, 3).await.unwrap(),
                self.durable().events(&project, 1, 3).await.unwrap()
            );
        }
    }
}

/// An answer as text, since errors are not comparable.
fn told(answer: Result<(), Error>) -> Result<(), String> {
    answer.map_err(|error| {
        assert!(error.is_conflict(), "{error:?}");
        error.to_string()
    })
}

async fn apply_all(mut pair: Pair, ops: &[Op]) {
    for op in ops {
        pair.apply(op).await;
        pair.compare_everything().await;
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sqlite_gives_the_same_answers(ops in prop::collection::vec(op(), 1..60)) {
        runtime().block_on(apply_all(Pair::with_sqlite(), &ops));
    }

    #[test]
    fn postgres_gives_the_same_answers(ops in prop::collection::vec(op(), 1..60)) {
        let database = Database::new();
        runtime().block_on(async {
            apply_all(Pair::with_postgres(&database).await, &ops).await;
        });
    }
}
