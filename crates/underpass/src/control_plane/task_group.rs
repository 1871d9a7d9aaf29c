//! Group of tasks that stop together.

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::failure::Failure;

/// Tasks that stop together. A task that ends before it is stopped has failed.
pub(crate) struct TaskGroup {
    tasks: JoinSet<(&'static str, Result<(), Failure>)>,
    stop: watch::Sender<bool>,
}

impl TaskGroup {
    pub(crate) fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// Turns true when the tasks must end.
    pub(crate) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Starts a task; `part` is its name in messages.
    pub(crate) fn start(
        &mut self,
        part: &'static str,
        task: impl Future<Output = Result<(), Failure>> + Send + 'static,
    ) {
        self.tasks.spawn(async move { (part, task.await) });
    }

    /// Waits until a task ends before it is stopped; returns the reason.
    pub(crate) async fn first_end(&mut self) -> Failure {
        match self.tasks.join_next().await {
            Some(Ok((part, Ok(())))) => Failure::ours(format!("{part} ended unexpectedly")),
            Some(Ok((part, Err(failure)))) => Failure::refused(format!("{part}: {failure}")),
            Some(Err(error)) => Failure::ours(format!("a task failed: {error}")),
            None => std::future::pending().await,
        }
    }

    /// Stops every task and waits until it has ended.
    ///
    /// # Errors
    /// The first failure of a task.
    pub(crate) async fn end(mut self) -> Result<(), Failure> {
        // Fails only without receivers, when no task is left.
        let _ = self.stop.send(true);
        let mut outcome = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            let ended = ended.map_err(|error| Failure::ours(format!("a task failed: {error}")));
            let ended = ended.and_then(|(part, ended)| {
                ended.map_err(|failure| Failure::refused(format!("{part}: {failure}")))
            });
            outcome = outcome.and(ended);
        }
        outcome
    }
}
