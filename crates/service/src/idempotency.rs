//! A request that arrives twice is done once: the answer is remembered in the commit that it describes.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use strongroom_domain::credential::Credential;
use strongroom_domain::error::{Cause, Conflict};
use strongroom_domain::{Error, Timestamp};
use strongroom_sealing::macs_match;
use strongroom_store::{IdempotencyKey, IdempotencyRow, Write};

use crate::failure::of_store;
use crate::options::Idempotency;
use crate::permits::{Permit, Subject};
use crate::{Context, Service};

/// How long an answer is remembered.
pub(crate) const KEPT: Duration = Duration::from_hours(24);

/// What a request under a key may do.
pub(crate) enum Turn<T = Credential> {
    /// It is the first; the permit keeps its twin waiting.
    First(Option<Permit>),
    /// It was done before, and this was the answer; `None` where the use case answers nothing.
    Done(Option<Box<T>>),
}

impl Service {
    /// A keyed MAC of a request body, to compare twins by without keeping the body.
    pub fn body_mac(&self, body: &[u8]) -> [u8; 32] {
        self.keys.system().body_mac(&[body])
    }

    /// Waits for a twin under way, then looks whether the request was done.
    pub(crate) async fn turn<T: DeserializeOwned>(
        &self,
        context: &Context,
        request: Option<&Idempotency>,
    ) -> Result<Turn<T>, Error> {
        let Some(request) = request else { return Ok(Turn::First(None)) };
        let key = key_of(context, request);
        let permit = self.permits.enter(Subject::Request(key.clone())).await?;
        let since = self.now().minus(KEPT);
        match self.store.idempotency(context.scope(), &key, since).await.map_err(of_store)? {
            None => Ok(Turn::First(Some(permit))),
            Some(row) if macs_match(&row.body_mac, &request.body_mac) => Ok(Turn::Done(answer_of(&row)?)),
            Some(_) => Err(Error::Conflict(Conflict::Idempotency)),
        }
    }
}

/// The write that remembers an answer.
pub(crate) fn remember(
    context: &Context,
    request: &Idempotency,
    answer: Option<&impl Serialize>,
    now: Timestamp,
) -> Result<Write, Error> {
    let answer =
        answer.map(serde_json::to_string).transpose().map_err(|error| Error::Internal(Cause::new(error)))?;
    Ok(Write::Idempotency(Box::new(IdempotencyRow {
        key: key_of(context, request),
        body_mac: request.body_mac,
        answer: answer.unwrap_or_default(),
        created_at: now,
    })))
}

fn key_of(context: &Context, request: &Idempotency) -> IdempotencyKey {
    IdempotencyKey { principal: context.principal.id, route: request.route.clone(), key: request.key.clone() }
}

fn answer_of<T: DeserializeOwned>(row: &IdempotencyRow) -> Result<Option<Box<T>>, Error> {
    if row.answer.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&row.answer).map(Some).map_err(|error| Error::Internal(Cause::new(error)))
}
