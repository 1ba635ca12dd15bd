//! Many commits, one transaction, one sync: group commit.
//!
//! One that clashes takes nothing with it: nearly all clashes show before anything is written, and where
//! one shows later, the transaction is begun anew with a savepoint for each commit. Must never answer
//! before `COMMIT` returned: until then every outcome is only what will be, if it holds.

use rusqlite::Connection;
use strongroom_domain::Scope;
use strongroom_store::{Commit, Housekeeping, StoreError};

use super::housekeeping::Found;
use super::journal::Entry;
use super::write::Applying;
use super::{Durability, Job, Thread, Work, housekeeping};
use crate::error::{from_failed_commit, from_sqlite};
use crate::room::no_room;

/// What became of one job, if the batch is committed.
type Outcome = Result<Effect, StoreError>;

/// How the commits of one transaction are kept apart.
#[derive(Debug, Clone, Copy)]
enum Isolation {
    /// Not at all. A savepoint costs a commit as much as a row, mostly by copying each page that it changes.
    Shared,
    /// By a savepoint each.
    Savepoints,
}

/// Why a transaction came to nothing.
enum Lost {
    /// It holds half of a commit that was refused.
    Torn,
    /// SQLite gave it up.
    Transaction(StoreError),
}

impl Lost {
    /// With savepoints there are no halves.
    fn into_error(self) -> StoreError {
        match self {
            Self::Transaction(error) => error,
            Self::Torn => unreachable!("a savepoint was rolled back"),
        }
    }
}

/// What a job left in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing that must go.
    Clean,
    /// Bytes of a destroyed value or key, or of what was forgotten, until the next scrub.
    Destroyed,
}

impl Thread {
    pub(super) fn run_batch(&mut self, jobs: Vec<Job>) {
        let journal = self.journal;
        self.room = self.gauge.room();
        match self.transact(&jobs) {
            Ok(outcomes) => self.answer(jobs, outcomes),
            Err(error) => {
                self.journal = journal;
                self.seen.clear();
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
        let outcomes = match self.apply_all(jobs, Isolation::Shared) {
            Err(Lost::Torn) => {
                run(&self.connection, "ROLLBACK").map_err(from_sqlite)?;
                self.apply_all(jobs, Isolation::Savepoints)
            }
            applied => applied,
        };
        let outcomes = outcomes.map_err(Lost::into_error)?;
        run(&self.connection, "COMMIT").map_err(from_failed_commit)?;
        Ok(outcomes)
    }

    /// Applies every job that can be, in a transaction that is left open.
    fn apply_all(&mut self, jobs: &[Job], isolation: Isolation) -> Result<Vec<Outcome>, Lost> {
        let journal = self.journal;
        run(&self.connection, "BEGIN IMMEDIATE").map_err(|error| Lost::Transaction(from_sqlite(error)))?;
        let outcomes: Result<Vec<_>, _> = jobs.iter().map(|job| self.apply(job, isolation)).collect();
        if outcomes.is_err() {
            self.journal = journal;
            self.seen.clear();
        }
        outcomes
    }

    /// The outer error means that the whole transaction is lost, the inner one that this job is refused.
    fn apply(&mut self, job: &Job, isolation: Isolation) -> Result<Outcome, Lost> {
        let outcome = match isolation {
            Isolation::Shared => self.apply_unguarded(job)?,
            Isolation::Savepoints => self.apply_guarded(job)?,
        };
        match outcome {
            // SQLite itself rolls back on some failures, such as a full disk.
            Err(error) if self.connection.is_autocommit() => Err(Lost::Transaction(error)),
            outcome => Ok(outcome),
        }
    }

    /// A refusal left nothing behind: it came from what the job expects, which only reads, or from its
    /// first statement. One that came later is [`Lost::Torn`].
    fn apply_unguarded(&mut self, job: &Job) -> Result<Outcome, Lost> {
        let before = self.connection.total_changes();
        let outcome = self.work(job);
        let is_torn = outcome.is_err() && self.connection.total_changes() != before;
        if is_torn && !self.connection.is_autocommit() { Err(Lost::Torn) } else { Ok(outcome) }
    }

    /// No refusal leaves anything behind, in the transaction or in the journal.
    fn apply_guarded(&mut self, job: &Job) -> Result<Outcome, Lost> {
        let journal = self.journal;
        run(&self.connection, "SAVEPOINT one").map_err(|error| Lost::Transaction(from_sqlite(error)))?;
        let outcome = self.work(job);
        if outcome.is_err() {
            self.journal = journal;
            self.seen.clear();
            // Fails where SQLite has rolled back all of it already, which `apply` finds out.
            let _ = run(&self.connection, "ROLLBACK TO one");
        }
        let _ = run(&self.connection, "RELEASE one");
        Ok(outcome)
    }

    fn work(&mut self, job: &Job) -> Outcome {
        match &job.work {
            Work::Commit(commit, _) if !self.room.admits_commit(commit) => Err(no_room()),
            Work::House(task, _) if !self.room.admits_task(task) => Err(no_room()),
            Work::Commit(commit, entries) => self.apply_commit(&job.scope, commit, entries),
            Work::House(task, entry) => self.keep_house(&job.scope, task, entry.as_ref()),
        }
    }

    fn apply_commit(&mut self, scope: &Scope, commit: &Commit, entries: &[Entry]) -> Outcome {
        let mut applying = Applying::new(&self.connection, scope, &mut self.seen);
        commit.expectations().iter().try_for_each(|expectation| applying.check(expectation))?;
        commit.writes().iter().try_for_each(|write| applying.write(write))?;
        let effect = applying.effect();
        self.record(scope, entries).map(|()| effect)
    }

    /// The event of a task is written where the task found what it is about, and only there.
    fn keep_house(&mut self, scope: &Scope, task: &Housekeeping, entry: Option<&Entry>) -> Outcome {
        match housekeeping::apply(&self.connection, scope, task)? {
            Found::Something => self.record(scope, entry)?,
            Found::Nothing => return Ok(Effect::Clean),
        }
        Ok(match task {
            // What its time has made go is to be in no file either.
            Housekeeping::ForgetIdempotency(_)
            | Housekeeping::ForgetHolds(_)
            | Housekeeping::ForgetRecords(_) => Effect::Destroyed,
            _ => Effect::Clean,
        })
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

    /// A position is shown to watchers as soon as it is answered, and a head is signed.
    fn must_last(&self) -> bool {
        match &self.work {
            Work::Commit(..) => true,
            Work::House(task, _) => matches!(
                **task,
                Housekeeping::PlaceEvents { .. }
                    | Housekeeping::AppendLeaves { .. }
                    | Housekeeping::KeepSignedHeads { .. }
            ),
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
