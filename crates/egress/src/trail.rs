//! How far one attempt has come.
//!
//! Owns the list of steps and their times, and whether a proof of a secret has left. The door marks what it
//! does itself; who drives an attempt marks the rest. Must never hold anything of what was sent or heard.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use strongroom_domain::verification::{Proof, Step, StepOutcome, StepTaken, whole_millis};
use tokio::time::Instant;

/// The record of one attempt. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Trail(Arc<Mutex<Marks>>);

#[derive(Debug)]
struct Marks {
    begun: Vec<(Step, Instant)>,
    proof: Proof,
}

impl Default for Marks {
    fn default() -> Self {
        Self { begun: Vec::new(), proof: Proof::NotSent }
    }
}

impl Trail {
    /// `step` begins, and with it the one before has passed. A step is taken once: when an attempt comes by
    /// again, as with a second request, the time belongs to the step it is in.
    pub fn step(&self, step: Step) {
        let mut marks = self.marks();
        if marks.begun.iter().all(|(begun, _)| *begun != step) {
            marks.begun.push((step, Instant::now()));
        }
    }

    /// From now on the other side may have something to judge the secret by. To be called before the first
    /// byte of it leaves, so that an attempt that is cut short counts too.
    pub fn proof_leaves(&self) {
        self.marks().proof = Proof::Sent;
    }

    /// Whether it has.
    pub fn proof(&self) -> Proof {
        self.marks().proof
    }

    /// The steps of an attempt that ends now, the last one so.
    pub fn ended(&self, last: StepOutcome) -> Vec<StepTaken> {
        let begun = &self.marks().begun;
        let ends = begun.iter().skip(1).map(|(_, at)| (*at, StepOutcome::Passed));
        let ends = ends.chain([(Instant::now(), last)]);
        let taken = |(&(name, start), (end, outcome)): (&(Step, Instant), (Instant, StepOutcome))| {
            StepTaken { name, outcome, duration_ms: whole_millis(end.saturating_duration_since(start)) }
        };
        begun.iter().zip(ends).map(taken).collect()
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn each_step_has_its_time_and_the_last_one_the_outcome() {
        let trail = Trail::default();
        assert_eq!(trail.ended(StepOutcome::Failed), [], "nothing was tried");
        for (step, millis) in [(Step::Resolve, 0), (Step::Connect, 40), (Step::Authenticate, 5)] {
            trail.step(step);
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        // A second request comes by the door again.
        trail.step(Step::Resolve);
        tokio::time::sleep(Duration::from_millis(35)).await;
        let taken = trail.ended(StepOutcome::Failed);
        let shown: Vec<_> = taken.iter().map(|step| (step.name, step.outcome)).collect();
        assert_eq!(
            shown,
            [
                (Step::Resolve, StepOutcome::Passed),
                (Step::Connect, StepOutcome::Passed),
                (Step::Authenticate, StepOutcome::Failed)
            ]
        );
        assert!(taken[1].duration_ms >= 40, "{taken:?}");
        assert!(taken[2].duration_ms >= 40, "the second request is part of the step: {taken:?}");
    }

    #[test]
    fn a_proof_that_left_stays_gone() {
        let trail = Trail::default();
        assert_eq!(trail.proof(), Proof::NotSent);
        trail.clone().proof_leaves();
        assert_eq!(trail.proof(), Proof::Sent);
    }
}
