//! `credential verify`: what the real system says about what is stored, as an exit code too.

use std::process::ExitCode;

use http::Method;
use serde_json::Value;

use super::view;
use crate::client::names::{credential, reference};
use crate::client::progress::{show_check, waiting};
use crate::client::{Ask, Session, exit_of_unreachable, fix_of_check};
use crate::refusal::{Exit, Refusal};

pub(super) async fn run(session: &Session, name: &str) -> Result<ExitCode, Refusal> {
    let ask = Ask::new(Method::POST, &session.in_workspace(&["credentials", &reference(name), "verify"]));
    let answered = waiting(&session.output, "asking the real system", session.submit(ask)).await;
    let answer = match answered {
        Ok(Some(answer)) => answer,
        Ok(None) => return Ok(ExitCode::SUCCESS),
        Err(failure) => {
            let error = format!("{} was not checked", credential(name));
            return Err(session.refuse_named(failure, name, &error, None).await);
        }
    };
    let verification = answer.body.value();
    show_check(&session.output, verification);
    session.output.show(&answer.body, view::verification)?;
    judge(verification, answer.request, name)
}

/// Three outcomes and never two: an outage is not a wrong key. Where a kind has no check, nothing said no.
fn judge(verification: &Value, request: Option<String>, name: &str) -> Result<ExitCode, Refusal> {
    let word = |field: &str| verification[field].as_str().unwrap_or_default();
    let (exit, code, verb) = match word("outcome") {
        "accepted" | "unsupported" => return Ok(ExitCode::SUCCESS),
        "rejected" => (Exit::Fault, "verification_rejected", "was refused by the real system"),
        _ => (exit_of_unreachable(word("reason")), "verification_unreachable", "could not be checked"),
    };
    let fix = match word("reason") {
        "auth_failed" => {
            format!("store the one that is right: strongroom credential update {name} --secret FIELD")
        }
        "timeout" | "connection_refused" | "name_not_found" | "rate_limited" | "protocol_error" => {
            "try again later; this says nothing about the secret".to_owned()
        }
        reason => fix_of_check(reason).to_owned(),
    };
    let refusal = Refusal::new(exit, format!("{} {verb}", credential(name)), word("message"), fix);
    Err(refusal.answered(code.to_owned(), request).leaving("what is stored is as it was"))
}
