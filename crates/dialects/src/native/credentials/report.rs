//! `POST .../credentials/{credential}/report`: a consumer saw a refusal.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Error;
use strongroom_service::options::{Report, Reported, Verdict};
use strongroom_web::{Answer, Call, Fields, respond};

use crate::native::{input, path};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = path::credential(&mut call).await?;
    let (document, _) = call.json().await?;
    let report = report(&call, Fields::of(document))?;
    let reported = call.service().report(call.context(), &named, &report).await?;
    respond::json(StatusCode::OK, &ReportedBody::from(reported))
}

fn report(call: &Call, mut fields: Fields) -> Result<Report, Error> {
    fields.require("value_version");
    fields.require("outcome");
    let value_version = fields.number("value_version", 1..=u64::MAX);
    let outcome = fields.choice("outcome", &[("rejected", ())]);
    let status = fields.number("status", 100..=599).and_then(|status| u16::try_from(status).ok());
    let consumer = input::consumer(&mut fields, call.context().consumer());
    let known = outcome.and(value_version).zip(consumer);
    fields.complete(known.map(|(value_version, consumer)| Report { value_version, status, consumer }))
}

#[derive(Serialize)]
struct ReportedBody {
    verdict: &'static str,
    value_version: u64,
}

impl From<Reported> for ReportedBody {
    fn from(reported: Reported) -> Self {
        let verdict = match reported.verdict {
            Verdict::Superseded => "superseded",
            Verdict::ConfirmedRejected => "confirmed_rejected",
            Verdict::StillAccepted => "still_accepted",
            Verdict::Unreachable => "unreachable",
        };
        Self { verdict, value_version: reported.value_version }
    }
}
