//! The other end of the API: one session per command, out through egress like everything else.
//!
//! Owns how a request is sent, repeated and explained. Must never send a token where it was not given for,
//! repeat what may have been done, or show a body.

mod address;
mod curl;
pub(crate) mod names;
mod problem;
pub(crate) mod progress;
pub(crate) mod prompt;
mod request;
mod schema;
pub(crate) mod secrets;
mod settings;

use std::io::{IsTerminal as _, stdin};
use std::process::ExitCode;
use std::time::Duration;

use clap::ArgMatches;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, Method};
use rand_core::Rng;
use rustix::process::Signal;
use strongroom_connectors::issuer::{Issuer, IssuerSettings};
use strongroom_domain::Secret;
use strongroom_domain::host::Host;
use strongroom_domain::verification::Proof;
use strongroom_egress::http::{Limits, Request, Response};
use strongroom_egress::{Egress, EgressError, Policy, Resolver, Roots};
use strongroom_sealing::SystemRng;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};

use crate::arguments::Connection;
use crate::output::{Body, Output};
use crate::refusal::{Exit, Refusal, UNSENT};
use request::Repeat;

pub(crate) use names::nearest;
pub(crate) use problem::{Failure, Problem, exit_of_unreachable, fix_of_check};
pub(crate) use request::{Ask, encoded};
pub(crate) use schema::{Branch, FieldSchema, KindSchema};
pub(crate) use settings::{Origin, Settings, TokenSource};

/// A check may take long, and a server gives it its own limit before this one is over.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(10), total: Duration::from_secs(150), body: 16 * 1024 * 1024 };
/// Pauses before the same request goes out again.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// One command's way to one server.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) output: Output,
    pub(crate) settings: Settings,
    /// Nobody wants to be asked whether to go on.
    pub(crate) is_agreed: bool,
    /// The request is shown and not sent.
    pub(crate) is_shown_only: bool,
    door: Egress,
    token: Option<Secret<String>>,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Its id, as the operator's log has it.
    pub(crate) request: Option<String>,
    pub(crate) body: Body,
}

impl Session {
    /// Reads settings and token. Nothing is sent yet.
    pub(crate) fn open(
        connection: &Connection,
        matches: &ArgMatches,
        output: Output,
    ) -> Result<Self, Refusal> {
        let settings = Settings::of(connection, matches)?;
        let token = settings.read_token()?;
        Self::with(connection, settings, token, output)
    }

    /// With a token that is not stored anywhere yet, or with none.
    pub(crate) fn with(
        connection: &Connection,
        settings: Settings,
        token: Option<Secret<String>>,
        output: Output,
    ) -> Result<Self, Refusal> {
        let address = &settings.address.value;
        if token.is_some() && address.is_readable_on_the_way() {
            output.say(format!("warning: {address} has no TLS: whoever is on the way can read the token"));
        }
        let files: Vec<_> = settings.ca_cert.iter().map(|file| file.value.clone()).collect();
        let roots = Roots::load(&files).map_err(|error| {
            let cause =
                std::error::Error::source(&error).map_or(String::new(), |source| format!(": {source}"));
            let fix = "name a file of PEM certificates with --ca-cert or STRONGROOM_CA_CERT";
            Refusal::unsent(format!("{error}{cause}"), fix)
        })?;
        let name = match &address.target.host {
            Host::Name(name) => Some(name.as_str()),
            Host::Address(_) => None,
        };
        let door = Egress::new(Policy::of_own_choice(name), &roots, Resolver::System);
        let (is_agreed, is_shown_only) = (connection.yes, connection.curl);
        Ok(Self { output, settings, is_agreed, is_shown_only, door, token })
    }

    /// The same way, with a token that has just been given.
    pub(crate) fn holding(self, token: Secret<String>) -> Self {
        Self { token: Some(token), ..self }
    }

    /// What is sent as the token.
    pub(crate) const fn token(&self) -> Option<&Secret<String>> {
        self.token.as_ref()
    }

    /// An issuer of identities, which the server names and the person trusts as they trust the server.
    pub(crate) fn issuer(&self, settings: IssuerSettings) -> Issuer {
        Issuer::new(settings, &self.door)
    }

    /// A path below the workspace.
    pub(crate) fn in_workspace<'a>(&'a self, parts: &[&'a str]) -> Vec<&'a str> {
        [&["v1", "workspaces", self.settings.workspace.value.as_str()], parts].concat()
    }

    /// Asks before what nobody can undo. A script that forgot `--yes` is refused, never left waiting for an answer;
    /// `instead` says how to look without doing.
    pub(crate) async fn agree(&self, question: &str, error: &str, instead: &str) -> Result<(), Refusal> {
        if self.is_agreed || self.is_shown_only {
            return Ok(());
        }
        if !self.output.terminal.asks {
            let cause = "nobody can be asked here whether it is meant";
            let refusal = Refusal::new(Exit::Usage, error, cause, format!("give --yes; {instead}"));
            return Err(refusal.leaving(UNSENT));
        }
        if prompt::confirm(question).await? { Ok(()) } else { Err(prompt::declined(error)) }
    }

    /// Sends what the command is there for; `None` where it was only to be shown.
    pub(crate) async fn submit(&self, ask: Ask) -> Result<Option<Answer>, Failure> {
        if self.is_shown_only {
            crate::output::print(&curl::command(&ask, &self.settings))?;
            return Ok(None);
        }
        self.send(ask).await.map(Some)
    }

    /// Sends, and again where the connection is lost and twice is once.
    pub(crate) async fn send(&self, ask: Ask) -> Result<Answer, Failure> {
        let mut pauses = PAUSES.iter();
        let mut has_left = false;
        loop {
            // What was done through the door leaves a trail: each time is one attempt.
            let door = self.door.for_one_attempt();
            let failure = match self.exchange(&door, &ask).await {
                Ok(response) => return read(response),
                Err(failure) => failure,
            };
            has_left |= door.trail().proof() == Proof::Sent;
            // Before anything has left, waiting is for the person to decide.
            let pause = pauses.next().filter(|_| has_left && ask.repeat == Repeat::Safe && passes(&failure));
            let Some(pause) = pause else { return Err(failed(failure, &ask, has_left)) };
            self.output.explain(format_args!("  the connection was lost; again in {} ms", pause.as_millis()));
            sleep(*pause).await;
        }
    }

    /// Once. Told of: method, place, status and id; never a header or a body.
    async fn exchange(&self, door: &Egress, ask: &Ask) -> Result<Response, EgressError> {
        let (method, address) = (&ask.method, &self.settings.address.value);
        let path = ask.path.split('?').next().unwrap_or_default();
        self.output.explain(format_args!("> {method} {address}{path}"));
        let began = Instant::now();
        let answered = door.fetch(self.request(ask), &LIMITS).await;
        if let Ok(response) = &answered {
            let id = id_of(response).unwrap_or("-");
            let took = began.elapsed().as_millis();
            self.output.explain(format_args!("< {} in {took} ms, request {id}", response.status.as_u16()));
        }
        answered
    }

    /// As egress takes it: everything that may hold a secret is one.
    fn request(&self, ask: &Ask) -> Request {
        let public = |name: HeaderName, value: &str| (name, Secret::new(value.to_owned()));
        let mut headers = vec![
            public(ACCEPT, "application/json"),
            public(USER_AGENT, concat!("strongroom/", env!("CARGO_PKG_VERSION"))),
        ];
        headers.extend(self.token.as_ref().map(|token| {
            // EXPOSE: the token goes to the server that it was given for.
            let text = token.expose();
            (AUTHORIZATION, Secret::new(format!("Bearer {text}")))
        }));
        headers.extend(ask.body.is_some().then(|| public(CONTENT_TYPE, "application/json")));
        headers.extend(ask.headers.iter().map(|(name, value)| public(name.clone(), value)));
        Request {
            method: ask.method.clone(),
            scheme: self.settings.address.value.scheme(),
            target: self.settings.address.value.target.clone(),
            path: Secret::new(ask.path.clone()),
            headers,
            body: ask.body.clone().unwrap_or_else(|| Secret::new(Vec::new())),
        }
    }

    /// The server, and who named it.
    pub(crate) fn place(&self) -> String {
        format!("{} (from {})", self.settings.address.value, self.settings.address.origin)
    }

    pub(super) fn how_to_log_in(&self) -> String {
        match &self.settings.token {
            None if self.token.is_some() => {
                "this token is not taken there: take it whole, or make another".to_owned()
            }
            None => "no token was given: strongroom login, or put one into STRONGROOM_TOKEN".to_owned(),
            Some(token) => {
                format!(
                    "the token of {} is not taken there: strongroom login, or give another one",
                    token.origin
                )
            }
        }
    }
}

/// A new name for a request that must be done once.
pub(crate) fn make_key() -> String {
    format!("{:016x}{:016x}", SystemRng.next_u64(), SystemRng.next_u64())
}

fn id_of(response: &Response) -> Option<&str> {
    response.headers.get("x-request-id")?.to_str().ok()
}

/// A success without a body is one; anything else that is not JSON came from somebody else.
fn read(response: Response) -> Result<Answer, Failure> {
    let (status, request) = (response.status.as_u16(), id_of(&response).map(str::to_owned));
    if response.status.is_success() && response.body.is_empty() {
        return Ok(Answer { status, request, body: Body::default() });
    }
    let body = Body::read(response.body).ok_or(Failure::Foreign(Some(status)))?;
    if response.status.is_success() {
        return Ok(Answer { status, request, body });
    }
    Err(Problem::read(body).map_or(Failure::Foreign(Some(status)), Failure::Problem))
}

/// Whether the same may go well in a moment: the connection ended, or the server is just starting again.
const fn passes(failure: &EgressError) -> bool {
    matches!(failure, EgressError::Closed | EgressError::ConnectionRefused)
}

/// What it means for the person: another program answered, nothing was done, or it may have been. What only
/// reads has done nothing, however far it came.
fn failed(failure: EgressError, ask: &Ask, has_left: bool) -> Failure {
    match failure {
        EgressError::Protocol | EgressError::TooLarge => Failure::Foreign(None),
        EgressError::InvalidRequest => {
            let cause =
                "the path or a header has a blank, a `#`, a control character or a letter beyond ASCII";
            Failure::Here(Refusal::unsent(cause, "write it percent-encoded, a blank as %20"))
        }
        failure if has_left && ask.method != Method::GET => Failure::Lost(failure),
        failure => Failure::NoWay(failure),
    }
}

/// Runs a command to its end, or to Ctrl-C.
pub(crate) fn run(work: impl Future<Output = Result<ExitCode, Refusal>>) -> Result<ExitCode, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Refusal::failed(
            "nothing was sent",
            format!("no thread to run on: {error}"),
            "check the limits of this account",
        )
    })?;
    let done = runtime.block_on(async {
        tokio::select! {
            done = work => done,
            by = ended() => Err(interrupted(by)),
        }
    });
    // Whoever still reads from the terminal is not waited for.
    runtime.shutdown_background();
    done
}

/// Waits until the person, the terminal or the system ends this command. Whatever ends it, the terminal may be
/// hiding what is typed; a stop (Ctrl-Z) gives it back for as long as it lasts. Without a terminal there is nothing
/// to give back, and a signal does what whoever started this wants of it (`nohup`).
async fn ended() -> &'static str {
    let is_terminal = stdin().is_terminal();
    let caught = |kind: SignalKind| is_terminal.then(|| signal(kind).ok()).flatten();
    let mut stop = caught(SignalKind::from_raw(Signal::TSTP.as_raw()));
    let mut hang_up = caught(SignalKind::hangup());
    let mut quit = caught(SignalKind::quit());
    let mut terminate = caught(SignalKind::terminate());
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return "it was ended from the terminal",
            () = next(quit.as_mut()) => return "it was ended from the terminal",
            () = next(hang_up.as_mut()) => return "its terminal is gone (SIGHUP)",
            () = next(terminate.as_mut()) => return "it was told to end (SIGTERM)",
            () = next(stop.as_mut()) => prompt::pause(),
        }
    }
}

/// A signal that cannot be caught does what it always does, and never comes.
async fn next(signal: Option<&mut tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// A change that was under way may have been done: nobody waited for the answer.
fn interrupted(by: &str) -> Refusal {
    prompt::restore();
    Refusal::new(
        Exit::Interrupted,
        "interrupted",
        by,
        "run it again; if a change was under way, look first: strongroom credential history",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(failure: EgressError, method: Method, has_left: bool) -> Failure {
        failed(failure, &Ask::new(method, &["v1"]), has_left)
    }

    #[test]
    fn only_a_change_that_has_left_may_have_been_done() {
        for failure in [EgressError::Timeout, EgressError::Closed, EgressError::ConnectionRefused] {
            let found = of(failure, Method::PATCH, true);
            assert!(matches!(found, Failure::Lost(_)), "{found:?}");
        }
        for (method, has_left) in [(Method::PATCH, false), (Method::GET, true), (Method::GET, false)] {
            let found = of(EgressError::Timeout, method, has_left);
            assert!(matches!(found, Failure::NoWay(EgressError::Timeout)), "{found:?}");
        }
        let foreign = of(EgressError::Protocol, Method::PATCH, true);
        assert!(matches!(foreign, Failure::Foreign(None)), "{foreign:?}");
    }

    #[test]
    fn what_cannot_be_written_as_http_is_a_wrong_argument() {
        let found = of(EgressError::InvalidRequest, Method::GET, false);
        assert!(matches!(&found, Failure::Here(refusal) if refusal.exit == Exit::Usage), "{found:?}");
    }
}
