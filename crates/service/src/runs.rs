//! Tokens for single runs: narrower than the token behind them, and made without a write.
//!
//! Nothing is stored, so nothing has to be looked up to make one, and nothing outlives the token behind it: it is
//! looked at with every use. What a run does is on record with its consumer proven; that it was given a token is
//! not, because it is worth nothing until it is used.

use std::time::Duration;

use strongroom_domain::access::Action;
use strongroom_domain::audit::{AuditAction, AuditObject};
use strongroom_domain::consumer::Consumer;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::run::{RunPass, RunText};
use strongroom_domain::{Error, Fault, Secret, Timestamp};

use crate::{Context, Service};

/// What a run is to be given.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The only credentials it reaches; none named: those of the token.
    pub credentials: Option<Vec<CredentialId>>,
    /// For whom.
    pub consumer: Consumer,
    /// For how long.
    pub lasts: Duration,
}

/// A run's token, shown once.
pub struct Run {
    /// What its holder sends.
    pub text: Secret<String>,
    /// What it grants.
    pub pass: RunPass,
}

impl Service {
    /// Makes a token for one run. It ends with the token behind it at the latest, and no later than that one.
    ///
    /// # Errors
    ///
    /// `forbidden`, also for a run's own token; `validation_failed` for a credential out of reach.
    pub async fn exchange_token(&self, context: &Context, new: NewRun) -> Result<Run, Error> {
        match self.pass_for(context, new).await {
            Ok(pass) => {
                let payload = pass.to_bytes();
                let proof = self.keys.system().run_mac(&payload);
                Ok(Run { text: RunText { payload, proof }.reveal(), pass })
            }
            Err(error) => {
                let object = AuditObject::Token(context.principal.token);
                self.refused(context, AuditAction::TokenExchange, object, Vec::new(), error).await
            }
        }
    }

    async fn pass_for(&self, context: &Context, new: NewRun) -> Result<RunPass, Error> {
        self.may(context, Action::ExchangeToken)?;
        let mut faults = Vec::new();
        for (at, id) in new.credentials.iter().flatten().enumerate() {
            let found = match self.load_cached(context, *id).await {
                Ok(_) => self.admit(context, Action::Resolve, *id).await,
                Err(error) => Err(error),
            };
            match found {
                Ok(()) => {}
                Err(Error::NotFound | Error::Forbidden(_)) => {
                    faults.push(Fault::new(format!("/credentials/{at}"), "reference not found"));
                }
                Err(error) => return Err(error),
            }
        }
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        let (generation, row_ends) = self.standing_behind(context.principal.token).await?;
        let lasts = [row_ends, context.principal.standing.ends()];
        let ends: Timestamp = self.now().plus(new.lasts);
        Ok(RunPass {
            token: context.principal.token,
            generation,
            // No later than the token behind it, nor than the statement or session that it was asked with.
            expires_at: lasts.into_iter().flatten().fold(ends, Timestamp::min),
            consumer: new.consumer,
            credentials: new.credentials,
        })
    }
}
