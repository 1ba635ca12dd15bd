//! A check must never lock an account or serve as a guessing tool: at most three refused attempts per
//! target and account in fifteen minutes, over all callers.
//!
//! Attempts under way count as refused until they end, so that a burst cannot pass the limit together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use strongroom_domain::Timestamp;
use tokio::sync::Notify;

/// Refused attempts that are let through.
const REFUSALS: usize = 3;
/// For how long a refusal counts.
const WINDOW: Duration = Duration::from_mins(15);
/// Above this many accounts, those without a recent refusal are forgotten.
const SWEEP_ABOVE: usize = 4_096;

/// Refused attempts by account.
#[derive(Default, Clone)]
pub(crate) struct Attempts {
    accounts: Arc<Mutex<HashMap<String, Account>>>,
    ended: Arc<Notify>,
}

#[derive(Default)]
struct Account {
    refused: Vec<Timestamp>,
    under_way: usize,
}

/// One attempt under way. Dropping it without [`Attempt::refused`] counts nothing.
pub(crate) struct Attempt {
    attempts: Attempts,
    account: String,
}

impl Attempts {
    /// Waits until one more refusal would still be within the limit; `None` while it would not be.
    pub(crate) async fn begin(&self, account: &str, now: Timestamp) -> Option<Attempt> {
        loop {
            // Enabled before the look, so that an attempt that ends in between is not missed.
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            match self.admit(account, now) {
                Admission::Go => {
                    return Some(Attempt { attempts: self.clone(), account: account.to_owned() });
                }
                Admission::CoolingDown => return None,
                Admission::Wait => ended.await,
            }
        }
    }

    fn admit(&self, account: &str, now: Timestamp) -> Admission {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        sweep(&mut accounts, now);
        let entry = accounts.entry(account.to_owned()).or_default();
        entry.refused.retain(|at| now.since(*at) < WINDOW);
        if entry.refused.len() >= REFUSALS {
            return Admission::CoolingDown;
        }
        if entry.refused.len() + entry.under_way >= REFUSALS {
            return Admission::Wait;
        }
        entry.under_way += 1;
        Admission::Go
    }
}

enum Admission {
    Go,
    Wait,
    CoolingDown,
}

fn sweep(accounts: &mut HashMap<String, Account>, now: Timestamp) {
    if accounts.len() > SWEEP_ABOVE {
        accounts.retain(|_, account| {
            account.under_way > 0 || account.refused.iter().any(|at| now.since(*at) < WINDOW)
        });
    }
}

impl Attempt {
    /// The real system said no: this one counts.
    pub(crate) fn refused(self, now: Timestamp) {
        let mut accounts = self.attempts.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get_mut(&self.account) {
            account.refused.push(now);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut accounts = self.attempts.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get_mut(&self.account) {
            account.under_way -= 1;
            if account.under_way == 0 && account.refused.is_empty() {
                accounts.remove(&self.account);
            }
        }
        self.attempts.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_unix_micros(0);

    #[tokio::test]
    async fn three_refusals_cool_down_and_time_heals() {
        let attempts = Attempts::default();
        for _ in 0..REFUSALS {
            attempts.begin("a", START).await.unwrap().refused(START);
        }
        assert!(attempts.begin("a", START).await.is_none());
        assert!(attempts.begin("b", START).await.is_some(), "another account is not concerned");
        assert!(attempts.begin("a", START.plus(WINDOW)).await.is_some());
    }

    #[tokio::test]
    async fn a_burst_cannot_pass_the_limit_together() {
        let attempts = Attempts::default();
        let burst = (0..50).map(|_| {
            let attempts = attempts.clone();
            tokio::spawn(async move {
                let attempt = attempts.begin("a", START).await;
                tokio::task::yield_now().await;
                attempt.map(|attempt| attempt.refused(START)).is_some()
            })
        });
        let mut sent = 0;
        for task in burst.collect::<Vec<_>>() {
            sent += usize::from(task.await.unwrap());
        }
        assert_eq!(sent, REFUSALS);
    }

    #[tokio::test]
    async fn accepted_attempts_count_nothing() {
        let attempts = Attempts::default();
        for _ in 0..10 {
            drop(attempts.begin("a", START).await.unwrap());
        }
        assert!(attempts.accounts.lock().unwrap().is_empty());
    }
}
