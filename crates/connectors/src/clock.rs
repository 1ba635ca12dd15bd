//! The time for signatures: the one place of this crate that reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use strongroom_domain::{Clock, Timestamp};

/// The operating system's wall clock. Outside systems refuse a signature of any other time, so no test of
/// the service has a use for a mocked one here; what signs takes its clock as an argument all the same.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "a clock edge: signatures hold the time of the world")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 was never set, and AWS will say so.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_unix_micros(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
    }
}
