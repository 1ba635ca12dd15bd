//! Why a request was not answered with what was asked, and what a person can do about it.
//!
//! Owns the exit code and the advice for every code of the API. Must never show a body that is not ours.

use serde_json::Value;
use strongroom_egress::{EgressError, TlsFault};

use super::Session;
use crate::output::Body;
use crate::refusal::{Exit, Refusal, UNCHANGED};

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No answer, and nothing was done: the request did not leave, or it only reads.
    NoWay(EgressError),
    /// The request left, its answer did not arrive, and it may have been done.
    Lost(EgressError),
    /// Something answered that is no Strongroom, with this status; `None` where it is no HTTP either.
    Foreign(Option<u16>),
    /// The API said why not.
    Problem(Problem),
    /// It was refused here.
    Here(Refusal),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Here(refusal)
    }
}

impl Failure {
    /// Whether the server does not take what it was shown.
    pub(crate) fn is_login_needed(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.code() == "unauthenticated")
    }
}

/// An answer of the API that is not what was asked for.
#[derive(Debug)]
pub(crate) struct Problem(Body);

impl Problem {
    /// `None` where it is not in the API's form.
    pub(super) fn read(body: Body) -> Option<Self> {
        body.value()["code"].is_string().then_some(Self(body))
    }

    pub(crate) fn code(&self) -> &str {
        self.text("code")
    }

    /// The check that said no, where one did.
    pub(crate) fn verification(&self) -> Option<&Value> {
        self.0.value().get("verification").filter(|verification| verification.is_object())
    }

    fn text(&self, name: &str) -> &str {
        self.0.value()[name].as_str().unwrap_or_default()
    }

    fn reason(&self) -> &str {
        self.verification().and_then(|verification| verification["reason"].as_str()).unwrap_or_default()
    }

    /// Whether the API vouches that nothing was changed.
    fn left_all_as_it_was(&self) -> bool {
        !matches!(self.code(), "internal" | "unavailable")
    }

    /// The most exact words there are: the check's, else each fault with its place, else the API's sentence
    /// without its end, which the last line of a refusal says.
    fn cause(&self) -> String {
        if let Some(message) = self.verification().and_then(|verification| verification["message"].as_str()) {
            return message.to_owned();
        }
        let faults = self.0.value()["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !faults.is_empty() {
            return faults.iter().map(fault).collect::<Vec<_>>().join("; ");
        }
        if self.code() == "unauthenticated" {
            return "the server does nothing without a valid token".to_owned();
        }
        let detail = self.text("detail");
        let detail = detail.strip_suffix(" Nothing was changed.").unwrap_or(detail);
        match self.consumers() {
            consumers if consumers.is_empty() => detail.to_owned(),
            consumers => format!("{detail} ({consumers})"),
        }
    }

    /// Who is concerned: `flow-42/worker-1 until 2026-11-21T10:00:00.000Z`.
    fn consumers(&self) -> String {
        let one = |consumer: &Value| {
            let part = |name: &str| consumer[name].as_str().unwrap_or_default().to_owned();
            format!("{}/{} until {}", part("name"), part("instance"), part("hold_until"))
        };
        let consumers = self.0.value()["consumers"].as_array().map(Vec::as_slice).unwrap_or_default();
        consumers.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// UX.md section 2.
    pub(crate) fn exit(&self) -> Exit {
        match self.code() {
            "not_found" => Exit::NotFound,
            "unauthenticated" | "step_up_required" => Exit::Login,
            "forbidden" | "target_not_allowed" | "quota_exceeded" => Exit::Forbidden,
            "slug_taken"
            | "duplicate_secrets"
            | "duplicate_settings"
            | "in_use"
            | "conflict"
            | "idempotency_conflict"
            | "account_changed"
            | "scope_reduced"
            | "precondition_failed"
            | "precondition_required" => Exit::Conflict,
            "rate_limited" | "busy" | "unavailable" => Exit::Unavailable,
            "verification_rejected" => Exit::Fault,
            "verification_unreachable" => exit_of_unreachable(self.reason()),
            "invalid_json"
            | "duplicate_key"
            | "method_not_allowed"
            | "payload_too_large"
            | "unsupported_media_type"
            | "validation_failed"
            | "unknown_kind"
            | "secrets_required" => Exit::Usage,
            _ => Exit::Failed,
        }
    }

    /// The next thing to type, where there is one.
    fn fix(&self, session: &Session) -> String {
        match self.code() {
            "unauthenticated" => return session.how_to_log_in(),
            "verification_rejected" | "verification_unreachable" => {
                return fix_of_check(self.reason()).to_owned();
            }
            _ => {}
        }
        let fix = match self.code() {
            "forbidden" => {
                "use a token whose role has this right; an admin makes one with: strongroom token create"
            }
            "not_found" => {
                "look what this token may see: strongroom credential list, token list, kind list, workspace list, organization list"
            }
            "slug_taken" => "choose another slug",
            "in_use" => "wait until the holds end (strongroom credential consumers NAME), or give --force",
            "account_changed" => "if another account is meant: --accept-account-change",
            "scope_reduced" => "if fewer rights are meant: --accept-fewer-scopes",
            "precondition_failed" => {
                "look at it again with strongroom credential get, then give that version"
            }
            "precondition_required" => "give --if-version N; strongroom credential get shows the version",
            "validation_failed"
                if self.cause().contains("settings.") || self.cause().contains("secrets.") =>
            {
                "correct what the cause names; the fields of a credential: strongroom kind get KIND; the settings of a workspace: strongroom workspace get"
            }
            "step_up_required" => "strongroom login --oidc, then this once more; a token needs no sign-in",
            "unknown_kind" => "strongroom kind list shows those there are",
            "secrets_required" => {
                "give the secrets again (--secret FIELD), or --rebind with a token that may"
            }
            "target_not_allowed" => {
                "name another target, or have the operator open its range in egress.allow"
            }
            "rate_limited" | "busy" | "unavailable" | "conflict" => "try again in a few seconds",
            "quota_exceeded" => "delete what is not used, or ask the operator for more",
            "internal" | "integrity_error" => "tell the operator the request id",
            _ => "correct what the cause names",
        };
        fix.to_owned()
    }
}

/// What failed to reach the other side may pass by itself; what it showed of itself will not.
pub(crate) fn exit_of_unreachable(reason: &str) -> Exit {
    match reason {
        "host_key_unknown"
        | "host_key_changed"
        | "tls_failed"
        | "target_not_allowed"
        | "misconfigured_target" => Exit::Fault,
        _ => Exit::Unavailable,
    }
}

/// What to do about a check that did not accept.
pub(crate) fn fix_of_check(reason: &str) -> &'static str {
    match reason {
        "auth_failed" => "give the right secret; after three refusals in 15 minutes none is sent for a while",
        "insufficient_scope" => "give this account the rights that the cause names, or use another account",
        "expired" | "revoked" => "make a new secret where the account lives, and give that one",
        "host_key_unknown" => {
            "compare the fingerprint with the server's own, then state it: --set host_key=SHA256:..."
        }
        "host_key_changed" => {
            "find out why it changed; only then state the new one: --set host_key=SHA256:..."
        }
        "tls_failed" => {
            "turn TLS on at the server or mend its certificate; for an authority of your own: egress.ca_files; where none is needed and the cause names a setting, set that"
        }
        "target_not_allowed" => "name another target, or have the operator open its range in egress.allow",
        "cooling_down" => "wait 15 minutes: three attempts on this account were not accepted",
        "misconfigured_target" => "correct the settings that the cause names",
        _ => "try again later; to save it unchecked: --on-unreachable save_unverified --reason TEXT",
    }
}

/// `/settings/port` is for programs; people write `settings.port`, as flags and `--field` do.
fn fault(fault: &Value) -> String {
    let place = fault["pointer"].as_str().unwrap_or_default().trim_start_matches('/').replace('/', ".");
    let message = fault["message"].as_str().unwrap_or_default();
    if place.is_empty() { message.to_owned() } else { format!("{place}: {message}") }
}

impl Failure {
    /// The refusal of a command: `error` says what was not done, `state` what holds now where the API vouches
    /// for it.
    pub(crate) fn refuse(self, session: &Session, error: &str, state: Option<&str>) -> Refusal {
        match self {
            Self::Here(refusal) => refusal.about(error),
            Self::NoWay(cause) => no_way(session, &cause).about(error).leaving(state.unwrap_or(UNCHANGED)),
            Self::Lost(cause) => Refusal::new(
                Exit::Unavailable,
                error,
                format!("{}: {cause}", session.place()),
                "look before you repeat it: strongroom credential list, history",
            )
            .leaving("it is not known whether it was done"),
            Self::Foreign(status) => Refusal::new(
                if status.is_some_and(|status| status >= 500) { Exit::Unavailable } else { Exit::Failed },
                error,
                match status {
                    Some(status) => {
                        format!("{} answered with status {status}, not as Strongroom does", session.place())
                    }
                    None => format!("{} answered with something that is not HTTP", session.place()),
                },
                "check the address: a proxy, another program, or TLS (https://) may be there",
            ),
            Self::Problem(problem) => {
                let request = Some(problem.text("request_id")).filter(|id| !id.is_empty()).map(str::to_owned);
                let refusal = Refusal::new(problem.exit(), error, problem.cause(), problem.fix(session))
                    .answered(problem.code().to_owned(), request);
                match state.filter(|_| problem.left_all_as_it_was()) {
                    Some(state) => refusal.leaving(state),
                    None => refusal,
                }
            }
        }
    }

    /// The API's code, where it is the API that refused.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(problem.code()),
            _ => None,
        }
    }
}

/// Names the address and who said it: most often one of the two is the fault.
fn no_way(session: &Session, cause: &EgressError) -> Refusal {
    let fix = match cause {
        EgressError::Tls(TlsFault::UnknownIssuer) => "name the authority's certificate with --ca-cert FILE",
        EgressError::Tls(TlsFault::NotTls) => "write http:// if the server has no TLS of its own",
        EgressError::Tls(_) => "mend the server's certificate; verification cannot be switched off",
        EgressError::Timeout | EgressError::Closed => {
            "look whether the server runs and is the one meant (--address, STRONGROOM_ADDRESS), then run it again"
        }
        _ => "start the server (strongroom dev), or name its address with --address or STRONGROOM_ADDRESS",
    };
    Refusal::new(Exit::Unavailable, "", format!("{}: {cause}", session.place()), fix)
}
