//! Many commits, one transaction, one sync: group commit.
//!
//! Each commit has a savepoint of its own, so that one that clashes takes nothing with it. Must never
//! answer before `COMMIT` returned: until then every outcome is only what will be, if it holds.

use rusqlite::Connection;
use strongroom_domain::Scope;
use strongroom_store::{Commit, Housekeeping, StoreError};

use super::housekeeping::Found;
use super::journal::{Entry, Journal};
use super::write::Applying;
use super::{Durability, Job, Thread, Work, housekeeping};
use crate::error::{from_failed_commit, from_sqlite};

/// What became of one job, if the batch is committed.
type Outcome = Result<Effect, StoreError>;

/// What a job left in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing that must go.
    Clean,
    /// Bytes of a destroyed value or key, until the next scrub.
    Destroyed,
}

impl Thread {
    pub(super) fn run_batch(&mut self, jobs: Vec<Job>) {
        let journal = self.journal;
        match self.transact(&jobs) {
            Ok(outcomes) => self.answer(jobs, outcomes),
            Err(error) => {
                self.journal = journal;
                self.abandon();
                // A clash may have been with a commit that is gone now as well: nobody is told of it.
                for job in jobs {
                    let _ = job.answer.send(Err(error.clone()));
                }
            }
        }
    }

    /// Applies every job that can be, and commits. An error means that none of them is there.
    fn transact(&mut self, jobs: &[Job]) -> Result<Vec<Outcome>, StoreError> {
        self.prepare_commit(durability_of(jobs)).map_err(from_sqlite)?;
        run(&self.connection, "BEGIN IMMEDIATE").map_err(from_sqlite)?;
        let outcomes = jobs.iter().map(|job| self.apply(job)).collect::<Result<_, _>>()?;
        run(&self.connection, "COMMIT").map_err(from_failed_commit)?;
        Ok(outcomes)
    }

    /// The outer error means that the whole transaction is lost, the inner one that this job is refused.
    fn apply(&mut self, job: &Job) -> Result<Outcome, StoreError> {
        let outcome = match &job.work {
            Work::Commit(commit, entries) => self.apply_commit(&job.scope, commit, entries),
            Work::House(task, entry) => self.keep_house(&job.scope, task, entry.as_ref()),
        };
        match outcome {
            // SQLite itself rolls back on some failures, such as a full disk.
            Err(error) if self.connection.is_autocommit() => Err(error),
            outcome => Ok(outcome),
        }
    }

    /// An error means that nothing of this commit is left in the transaction, nor in the journal.
    fn apply_commit(&mut self, scope: &Scope, commit: &Commit, entries: &[Entry]) -> Outcome {
        let journal = self.journal;
        let mut applying = Applying::new(&self.connection, scope);
        // Expectations only read: most commits that are refused never open a savepoint.
        commit.expectations().iter().try_for_each(|expectation| applying.check(expectation))?;
        run(&self.connection, "SAVEPOINT one").map_err(from_sqlite)?;
        let written = commit.writes().iter().try_for_each(|write| applying.write(write));
        let effect = applying.effect();
        let outcome = written.and_then(|()| self.record(scope, entries)).map(|()| effect);
        self.keep_or_undo(journal, &outcome);
        outcome
    }

    /// As for a commit: an error means that nothing of the task is left. Its event is written where it
    /// found what it is about, and only there.
    fn keep_house(&mut self, scope: &Scope, task: &Housekeeping, entry: Option<&Entry>) -> Outcome {
        let journal = self.journal;
        run(&self.connection, "SAVEPOINT one").map_err(from_sqlite)?;
        let outcome = match housekeeping::apply(&self.connection, scope, task) {
            Ok(Found::Something) => self.record(scope, entry).map(|()| Effect::Clean),
            Ok(Found::Nothing) => Ok(Effect::Clean),
            Err(error) => Err(error),
        };
        self.keep_or_undo(journal, &outcome);
        outcome
    }

    /// Ends the savepoint of one job, which leaves nothing of a failed one behind.
    fn keep_or_undo(&mut self, journal: Journal, outcome: &Outcome) {
        if outcome.is_err() {
            self.journal = journal;
            // Fails where SQLite has rolled back all of it already, which `apply` finds out.
            let _ = run(&self.connection, "ROLLBACK TO one");
        }
        let _ = run(&self.connection, "RELEASE one");
    }

    /// Last of all: a commit that clashes takes no position.
    fn record<'a>(
        &mut self,
        scope: &Scope,
        entries: impl IntoIterator<Item = &'a Entry>,
    ) -> Result<(), StoreError> {
        entries
            .into_iter()
            .try_for_each(|entry| self.journal.append(&self.connection, scope, entry))
            .map_err(from_sqlite)
    }

    /// Only now is anything true.
    fn answer(&mut self, jobs: Vec<Job>, outcomes: Vec<Outcome>) {
        if self.durability == Durability::Synced {
            let applied = |(job, outcome): &(&Job, &Outcome)| job.is_commit() && outcome.is_ok();
            let commits = jobs.iter().zip(&outcomes).filter(applied).count();
            self.counters.synced(commits as u64);
        }
        if outcomes.iter().any(|outcome| matches!(outcome, Ok(Effect::Destroyed))) {
            self.scrub.owe();
        }
        self.scrub.watch_log();
        for (job, outcome) in jobs.into_iter().zip(outcomes) {
            // A caller that no longer waits is no failure: what it handed in was done.
            let _ = job.answer.send(outcome.map(|_| ()));
        }
    }

    /// Leaves no transaction open, whatever state the last one is in.
    fn abandon(&self) {
        if !self.connection.is_autocommit() && run(&self.connection, "ROLLBACK").is_err() {
            tracing::error!("a transaction could not be rolled back");
        }
    }

    /// `synchronous` cannot change inside a transaction; it rarely changes at all.
    fn prepare_commit(&mut self, durability: Durability) -> rusqlite::Result<()> {
        if durability != self.durability {
            self.connection.execute_batch(match durability {
                Durability::Synced => "PRAGMA synchronous = FULL",
                Durability::WithTheNext => "PRAGMA synchronous = NORMAL",
            })?;
            self.durability = durability;
        }
        Ok(())
    }
}

impl Job {
    const fn is_commit(&self) -> bool {
        matches!(self.work, Work::Commit(..))
    }

    /// A position is shown to watchers as soon as it is answered.
    fn must_last(&self) -> bool {
        match &self.work {
            Work::Commit(..) => true,
            Work::House(task, _) => matches!(**task, Housekeeping::PlaceEvents { .. }),
        }
    }
}

/// Other housekeeping alone is not worth a sync.
fn durability_of(jobs: &[Job]) -> Durability {
    if jobs.iter().any(Job::must_last) { Durability::Synced } else { Durability::WithTheNext }
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}
