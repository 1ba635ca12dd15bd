//! `GET /v1/audit/proof`: that a record is in the log (`position`), or that the log only grew (`from`).

use http::StatusCode;
use strongroom_service::audit::ProofQuestion;
use strongroom_web::{Answer, Call, Query, respond};

use super::wire::ProofBody;

/// One of the first two.
pub(crate) const QUERY: &[&str] = &["position", "from", "size"];

pub(crate) async fn handle(mut call: Call) -> Answer {
    let question = question(call.query());
    let size = call.query().parsed("size", "must be a number of records");
    call.query().finish()?;
    let proof = call.service().audit_proof(call.context(), question, size).await?;
    respond::json(StatusCode::OK, &ProofBody::from(&proof))
}

fn question(query: &mut Query) -> ProofQuestion {
    let position = query.parsed("position", "must be the position of a record");
    let from = query.parsed("from", "must be a number of records");
    match (position, from) {
        (Some(position), None) => ProofQuestion::Inclusion { position },
        (None, Some(from)) => ProofQuestion::Consistency { from },
        _ => {
            query.fault("position", "give either the position of a record or, in `from`, an older size");
            ProofQuestion::Consistency { from: 0 }
        }
    }
}
