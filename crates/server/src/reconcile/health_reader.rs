//! Reader of the health of backends: asks the clouds within a budget for each account.
//!
//! The links of an account take turns. Links with approved connections are read in every round, the
//! others in one of [`IDLE_EVERY`] rounds; a link that a page or a command shows is read first. What is
//! read stays in memory, so an unchanged answer costs no write.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use error_reporter::Report;
use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use underpass_clouds::{Depth, Error as CloudError, ErrorKind};
use underpass_model::backend_health::{HealthAnswer, HealthSubject, MemberHealth};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::connection::Decision;
use underpass_model::name::AccountName;
use underpass_model::part::{AzurePart, AzureSpec, GooglePart, GoogleSpec, Observed, Part, Spec};
use underpass_model::work::WorkKey;
use underpass_store::{Error, Key, Kind, Lookup};

use super::account_listing;
use super::engine::Engine;
use super::managed::Managed;
use crate::backend_health::{Answers, BackendHealth};
use crate::changes::Changes;
use crate::health_reads::HealthReads;

/// Shortest time of a round, and of a probe on both clouds: 5 s. More answers would show nothing new.
const SHORTEST_ROUND: Duration = Duration::from_secs(5);

/// Rounds of which one reads links without approved connections, too: 4.
const IDLE_EVERY: u64 = 4;

/// Longest question with its polls: 1 minute.
const LONGEST_QUESTION: Duration = Duration::from_mins(1);

/// Shortest pause before a poll: 200 ms.
const SHORTEST_POLL: Duration = Duration::from_millis(200);

/// Reads the health of backends in the background.
pub(crate) struct HealthReader {
    pub(crate) engine: Engine,
    pub(crate) health: BackendHealth,
    pub(crate) reads: HealthReads,
    pub(crate) changes: Changes,
}

/// The reader of one account.
struct AccountReader {
    engine: Engine,
    health: BackendHealth,
    requests: watch::Receiver<u64>,
    changes: Changes,
    account: AccountName,
    /// Pause after each question.
    pause: Duration,
    /// Links with approved connections, and others, of those that were read.
    is_live: BTreeMap<WorkKey, bool>,
    /// Questions of the last round.
    questions: u32,
    /// The last failure, which is logged once.
    failure: Option<String>,
}

impl HealthReader {
    /// Reads until shutdown.
    pub(crate) async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut readers = JoinSet::new();
        for account in self.engine.accounts.names() {
            let provider = self.engine.accounts.get(account).map(|it| it.provider);
            let Some(pause) = provider.and_then(|provider| self.reads.pause(provider)) else {
                continue;
            };
            let reader = AccountReader {
                engine: self.engine.clone(),
                health: self.health.clone(),
                requests: self.health.requests(),
                changes: self.changes.clone(),
                account: account.clone(),
                pause,
                is_live: BTreeMap::new(),
                questions: 0,
                failure: None,
            };
            self.health.begin(account);
            readers.spawn(reader.run());
        }
        // Ends also when the sender is dropped. Dropping the set ends the readers.
        let _ended = shutdown.wait_for(|stop| *stop).await;
    }
}

impl AccountReader {
    async fn run(mut self) {
        for round in 0_u64.. {
            let started = Instant::now();
            if let Err(error) = self.round(round).await {
                let error = Report::new(&error).to_string();
                tracing::debug!(cloud.account = %self.account, error, "failed to read the health of backends");
            }
            if round == 0 {
                self.announce();
            }
            let end = started + SHORTEST_ROUND;
            tokio::select! {
                () = tokio::time::sleep_until(end) => {}
                // Never an error: the reader has a sender itself.
                _ = self.requests.changed() => {}
            }
        }
    }

    /// Tells how old answers get.
    fn announce(&self) {
        let round = (self.pause * self.questions).max(SHORTEST_ROUND);
        tracing::info!(
            cloud.account = %self.account,
            questions = self.questions,
            oldest_answer_s = round.as_secs(),
            oldest_answer_of_idle_links_s = (round * u32::try_from(IDLE_EVERY).unwrap_or(1)).as_secs(),
            "reading the health of backends within the account's budget"
        );
    }

    /// Reads the links whose turn it is.
    async fn round(&mut self, round: u64) -> Result<(), Error> {
        self.requests.mark_unchanged();
        self.engine.links.refresh(&*self.engine.store).await?;
        let scopes = self.engine.links.scopes(&self.account, Depth::Everything);
        let links: BTreeSet<WorkKey> = scopes.into_values().flatten().map(|it| it.work).collect();
        self.health.retain(&self.account, &links);
        self.is_live.retain(|link, _| links.contains(link));
        let is_due = |link: &&WorkKey| {
            let is_live = self.is_live.get(*link).copied().unwrap_or(true);
            is_live || round.is_multiple_of(IDLE_EVERY)
        };
        let mut due: VecDeque<WorkKey> = links.iter().filter(is_due).cloned().collect();
        self.questions = 0;
        while let Some(link) = self
            .health
            .take_requested(&links)
            .or_else(|| due.pop_front())
        {
            let started = Instant::now();
            let questions = self.read(&link).await?;
            self.questions = self.questions.saturating_add(questions);
            tokio::time::sleep_until(started + self.pause * questions).await;
        }
        Ok(())
    }

    /// Reads the health of a link's backends; returns the number of questions.
    async fn read(&mut self, work: &WorkKey) -> Result<u32, Error> {
        let asked_at = self.engine.clock.now();
        let observed_key = Key::observed(work);
        let lookup = Lookup::One(Kind::Observed, observed_key.clone());
        let loaded = Managed::load(&*self.engine.store, work, &[lookup]).await;
        // A link that cannot be read is told elsewhere.
        let Ok(Some((managed, fetched))) = loaded else {
            return Ok(0);
        };
        let target = managed.target(work, &self.engine.proof_key);
        let Managed::Link(managed) = managed else {
            return Ok(0);
        };
        let connections = managed.connections.current.iter();
        let is_live = connections
            .map(|it| &it.decision)
            .any(|it| *it == Decision::Approved);
        self.is_live.insert(work.clone(), is_live);
        let observed = fetched.readable_one::<Observed>(&observed_key);
        let subjects = observed.map(|it| subjects(&it.value)).unwrap_or_default();
        let link = &managed.link.value;
        let Some(target) = target.filter(|_| !link.deleting) else {
            return Ok(0);
        };
        let questions = u32::try_from(subjects.len()).unwrap_or(u32::MAX);
        let (mut known, mut unanswered) = (BTreeMap::new(), BTreeSet::new());
        let asked = subjects.iter().map(|subject| self.ask(&target, subject));
        let answers = join_all(asked).await;
        let mut failure = None;
        for (subject, answer) in subjects.into_iter().zip(answers) {
            match answer {
                Ok(members) => drop(known.insert(subject, members)),
                Err(reason) => {
                    unanswered.insert(subject);
                    failure = reason.or(failure);
                }
            }
        }
        self.note(failure, unanswered.is_empty());
        let answers = Answers {
            link,
            account: &self.account,
            known,
            unanswered,
            asked_at,
        };
        if self.health.record(answers, self.engine.clock.now()) {
            self.changes
                .announce(BTreeSet::from([link.project.to_string()]));
        }
        Ok(questions)
    }

    /// Logs a failure once, until a link is answered completely.
    fn note(&mut self, failure: Option<CloudError>, is_complete: bool) {
        let Some(error) = failure else {
            if is_complete {
                self.failure = None;
            }
            return;
        };
        if self.failure.as_ref() != Some(&error.code) {
            let text = Report::new(&error).to_string();
            tracing::warn!(
                cloud.account = %self.account, error = text,
                "failed to read the health of backends; they are shown as last read"
            );
            self.failure = Some(error.code);
        }
    }

    /// Asks one question and polls its answer.
    ///
    /// # Errors
    /// The cloud's error; `None` if the account is not called now, what was asked about is missing, or
    /// the answer takes too long.
    async fn ask(
        &self,
        target: &CloudTarget,
        subject: &HealthSubject,
    ) -> Result<Vec<MemberHealth>, Option<CloudError>> {
        let engine = &self.engine;
        let driver = engine.accounts.get(&self.account).ok_or(None)?;
        let end = Instant::now() + LONGEST_QUESTION;
        let mut operation = None;
        while Instant::now() < end {
            let now = engine.clock.now();
            let call = driver
                .cloud
                .health(target, subject, operation.as_deref(), now);
            let limit = Some(LONGEST_QUESTION);
            match account_listing::call(engine, &self.account, limit, call).await {
                Ok(Ok(HealthAnswer::Known(members))) => return Ok(members),
                Ok(Ok(HealthAnswer::InProgress {
                    operation: url,
                    check_after,
                })) => {
                    operation = Some(url);
                    let pause = check_after.duration_since(engine.clock.now());
                    let pause = Duration::try_from(pause).unwrap_or_default();
                    tokio::time::sleep(pause.max(SHORTEST_POLL)).await;
                }
                // What was asked about was deleted meanwhile; passes tell what is missing.
                Ok(Err(error)) if error.kind == ErrorKind::Missing => return Err(None),
                Ok(Err(error)) => return Err(Some(error)),
                // The account does not answer, which is told elsewhere.
                Err(_not_called) => return Err(None),
            }
        }
        Err(None)
    }
}

/// The questions about the confirmed load balancer of a link.
fn subjects(observed: &Observed) -> Vec<HealthSubject> {
    let azure = observed.last(&Part::Azure(AzurePart::Balancer));
    if let Some(Spec::Azure(AzureSpec::Balancer { rules, .. })) = azure.map(|it| &it.spec) {
        let rules = rules.iter().map(|rule| rule.name.clone());
        return rules.map(HealthSubject::Rule).collect();
    }
    let google = observed.last(&Part::Google(GooglePart::BackendService));
    if let Some(Spec::Google(GoogleSpec::BackendService { zones })) = google.map(|it| &it.spec) {
        return zones.iter().cloned().map(HealthSubject::Zone).collect();
    }
    Vec::new()
}
