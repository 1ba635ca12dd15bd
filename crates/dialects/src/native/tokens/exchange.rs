//! `POST /v1/tokens/exchange`: a token for one run, narrower than the caller's, made without a write.

use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::consumer::Consumer;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::text::Name;
use strongroom_domain::{Error, Timestamp, limits};
use strongroom_service::runs::{NewRun, Run};
use strongroom_web::{Answer, Call, Fields, respond};

/// An hour, in seconds.
const DEFAULT: u64 = 3_600;
/// A day, in seconds.
const LONGEST: u64 = 86_400;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let (document, _) = call.json().await?;
    let new = new_run(Fields::of(document))?;
    let run = call.service().exchange_token(call.context(), new).await?;
    respond::json(StatusCode::OK, &RunBody::of(&run))
}

fn new_run(mut fields: Fields) -> Result<NewRun, Error> {
    fields.require("consumer");
    let everything = fields.take_null("credentials") || !fields.contains("credentials");
    let credentials =
        if everything { Some(None) } else { fields.list("credentials", limits::IDS_PER_CALL).map(Some) };
    let consumer = fields.object("consumer", consumer);
    let seconds = if fields.contains("ttl") { fields.number("ttl", 1..=LONGEST) } else { Some(DEFAULT) };
    let whole = credentials.zip(consumer).zip(seconds);
    fields.complete(whole.map(|((credentials, consumer), seconds)| NewRun {
        credentials,
        consumer,
        lasts: Duration::from_secs(seconds),
    }))
}

/// A run is an instance of its consumer.
fn consumer(fields: &mut Fields) -> Option<Consumer> {
    for name in ["name", "run"] {
        fields.require(name);
    }
    let (name, instance) = (fields.parsed("name"), fields.parsed("run"));
    Some(Consumer { name: name?, instance: instance? })
}

#[derive(Serialize)]
struct RunBody<'a> {
    token: &'a str,
    expires_at: Timestamp,
    credentials: Option<&'a [CredentialId]>,
    consumer: RunConsumer<'a>,
}

#[derive(Serialize)]
struct RunConsumer<'a> {
    name: &'a Name,
    run: &'a Name,
}

impl<'a> RunBody<'a> {
    fn of(run: &'a Run) -> Self {
        let consumer = RunConsumer { name: &run.pass.consumer.name, run: &run.pass.consumer.instance };
        Self {
            // EXPOSE: a run's token is shown in the answer that makes it, and kept nowhere.
            token: run.text.expose(),
            expires_at: run.pass.expires_at,
            credentials: run.pass.credentials.as_deref(),
            consumer,
        }
    }
}
