//! What an answer means. The order is fixed: redirects, the rows of the file, limits, faults of the
//! system, and anything else proves nothing (CON-18).

use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::{Finding, Outcome, Reason};
use strongroom_egress::Target;
use strongroom_egress::http::{HeaderMap, Response, StatusCode};

use super::answer::Received;
use super::evidence;
use crate::kindfile::{KindFile, Meaning};

/// A refusal says the status of the answer: its number, and the words of the standard for it (RFC 9110 section 15). The
/// server's own words are not repeated.
pub(super) fn of(file: &KindFile, candidate: &Candidate, target: &Target, response: Response) -> Finding {
    let status = response.status;
    let finding = judged(file, candidate, target, response);
    if finding.outcome == Outcome::Accepted { finding } else { finding.saying(status_line(status)) }
}

/// `accepted`, held against what the system answers to the same request without the secret.
///
/// Refused, sent elsewhere or shown a page for people: the secret made the difference. Limits and faults tell nothing of
/// it, so nothing is proved.
pub(super) fn against_control(
    file: &KindFile,
    candidate: &Candidate,
    accepted: Finding,
    response: Response,
) -> Finding {
    let (status, received) = (response.status, Received::of(response));
    let row = file.answers.iter().find(|row| received.fits(row, &candidate.settings));
    if row.is_some_and(|row| matches!(row.means, Meaning::Accepted | Meaning::AcceptedRestricted)) {
        return Finding::unreachable(Reason::MisconfiguredTarget, PUBLIC).saying(status_line(status));
    }
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            Finding::unreachable(Reason::RateLimited, limited(&received.headers)).saying(status_line(status))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => undecided(status),
        _ if status.is_server_error() => undecided(status),
        _ => accepted,
    }
}

fn undecided(status: StatusCode) -> Finding {
    Finding::unreachable(Reason::ProtocolError, UNDECIDED).saying(status_line(status))
}

const PUBLIC: &str = "The path gives the same answer without the credential, so it proves nothing: state a path that \
                      answers only to those who may enter.";
const UNDECIDED: &str = "The system took the credential, and failed when asked without it: whether it judged the \
                         credential is not known.";

fn status_line(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(words) => format!("{} {words}", status.as_str()),
        None => status.as_str().to_owned(),
    }
}

fn judged(file: &KindFile, candidate: &Candidate, target: &Target, response: Response) -> Finding {
    if response.status.is_redirection() {
        return Finding::unreachable(Reason::ProtocolError, REDIRECT);
    }
    let received = Received::of(response);
    let row = file.answers.iter().find(|row| received.fits(row, &candidate.settings));
    match row.map_or_else(|| unstated(received.status), |row| row.means) {
        Meaning::Accepted => {
            let evidence = evidence::of(file, candidate, target, &received);
            Finding::accepted("The system accepted this credential.", evidence)
        }
        Meaning::AcceptedRestricted => {
            Finding::accepted(RESTRICTED, evidence::of(file, candidate, target, &received))
        }
        Meaning::Rejected(reason) => Finding::rejected(reason, refusal(reason)),
        Meaning::Unreachable(Reason::RateLimited) => {
            Finding::unreachable(Reason::RateLimited, limited(&received.headers))
        }
        Meaning::Unreachable(reason) => Finding::unreachable(reason, outage(reason, received.status)),
    }
}

const RESTRICTED: &str =
    "The system knows this credential and does not let it ask whose it is, so what it may do is not known.";
const REDIRECT: &str =
    "The system sends requests elsewhere, and redirects are not followed: state the address they lead to.";

/// What no row of the file speaks of.
const fn unstated(status: StatusCode) -> Meaning {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Meaning::Unreachable(Reason::RateLimited),
        _ => Meaning::Unreachable(Reason::ProtocolError),
    }
}

const fn refusal(reason: Reason) -> &'static str {
    match reason {
        Reason::InsufficientScope => {
            "The system knows this credential but does not grant what the check needs."
        }
        Reason::Expired => "The system says that this credential has expired.",
        Reason::Revoked => "The system says that this credential was withdrawn.",
        _ => "The system refused this credential.",
    }
}

fn outage(reason: Reason, status: StatusCode) -> &'static str {
    match reason {
        Reason::ConnectionRefused => "The system turns everyone away for now.",
        Reason::MisconfiguredTarget => "The system answers, but not for what the settings name.",
        _ if status.is_server_error() => {
            "The system has a fault of its own and did not judge the credential."
        }
        _ => "The answer is not one that such a system gives.",
    }
}

/// `Retry-After` in seconds (RFC 9110, section 10.2.3); a date is not worth a clock.
fn limited(headers: &HeaderMap) -> String {
    const A_DAY: u32 = 24 * 3_600;
    let seconds = headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    match seconds.filter(|seconds| *seconds <= A_DAY) {
        Some(seconds) => format!("The system asks to come back in {seconds} s."),
        None => "The system asks to come back later.".to_owned(),
    }
}
