//! Our own tokens: issued, listed, rotated, revoked. Their text is shown once and kept nowhere.

use std::time::Duration;

use ipnet::IpNet;
use strongroom_domain::access::{self, Action, Denial, Resource, Why, authorise, may};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome};
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::{PrincipalId, TokenId};
use strongroom_domain::principal::{Grant, Place, Principal, PrincipalKind, Reach, Role, Standing};
use strongroom_domain::text::Name;
use strongroom_domain::token::TokenText;
use strongroom_domain::{Error, Fault, Secret, Timestamp, limits};
use strongroom_sealing::SystemRng;
use strongroom_store::{Clash, Commit, Expectation, Page, PreviousSecret, StoreError, TokenRow, Write};

use crate::failure::of_store;
use crate::options::Listed;
use crate::{Context, Service, cursor};

/// A token as its readers see it: the row holds no text, and its MAC never leaves the service's callers.
pub type Token = TokenRow;

/// A token to be issued, in the issuer's own workspace.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is called.
    pub name: Name,
    /// What sort of caller it is for.
    pub kind: PrincipalKind,
    /// What it may do.
    pub role: Role,
    /// Which credentials it reaches.
    pub reach: Reach,
    /// What it may do elsewhere.
    pub grants: Vec<Grant>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The only networks it may be used from.
    pub networks: Vec<IpNet>,
    /// Whose statements prove it, in place of a secret.
    pub identity: Option<Identity>,
}

impl NewToken {
    /// Owning some credentials would be owning the rest as well: its rights concern the whole.
    fn has_limited_owner(&self) -> bool {
        let is_limited = |role, reach: &Reach| role == Role::Owner && !reach.is_whole();
        let of_grant = |grant: &Grant| {
            is_limited(grant.role, &grant.reach)
                || grant.place == Place::Installation && !grant.reach.is_whole()
        };
        is_limited(self.role, &self.reach) || self.grants.iter().any(of_grant)
    }
}

const LIST: &str = "tokens";

impl Service {
    /// Issues a token, or an identity, which has no text. Never wider than its issuer's own (TEN-16).
    ///
    /// # Errors
    ///
    /// `forbidden`, `validation_failed` (also for an identity that stands for another token, or of an issuer that
    /// the configuration does not name), `quota_exceeded`.
    pub async fn issue_token(
        &self,
        context: &Context,
        new: NewToken,
    ) -> Result<(Token, Option<Secret<String>>), Error> {
        let now = self.now();
        let id = TokenId::make(now, &mut SystemRng);
        if let Err(error) = self.may_issue(context, &new, now).await {
            return self
                .refused(context, AuditAction::TokenIssue, AuditObject::Token(id), Vec::new(), error)
                .await;
        }
        let text = TokenText::make(new.kind, id, &mut SystemRng);
        let row = self.row_of(context, new, &text, now);
        let mut record =
            context.record(now, AuditAction::TokenIssue, AuditObject::Token(id), AuditOutcome::Succeeded);
        if let Some(identity) = &row.identity {
            record.notes.insert("issuer".to_owned(), identity.issuer.clone());
            record.notes.insert("subject".to_owned(), identity.subject.to_string());
        }
        let commit = context
            .commit(record)
            .expect(Expectation::TokensBelow(limits::TOKENS_PER_ORGANIZATION))
            .write(Write::Token(Box::new(row.clone())));
        match self.store.commit(context.scope(), commit).await {
            // Somebody tried to take an identity that stands for another row: that is on record.
            Err(error @ StoreError::Clash(Clash::Identity)) => {
                let (action, object) = (AuditAction::TokenIssue, AuditObject::Token(id));
                return self.refused(context, action, object, Vec::new(), of_store(error)).await;
            }
            outcome => outcome.map_err(of_store)?,
        }
        // Of an identity nobody is shown a text: the row's MAC is that of one which ends here.
        let shown = row.identity.is_none().then(|| text.reveal());
        Ok((row, shown))
    }

    /// Tokens of the workspace that are not revoked, oldest first.
    ///
    /// # Errors
    ///
    /// `forbidden`, `validation_failed` for a bad cursor.
    pub async fn tokens(
        &self,
        context: &Context,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Listed<Token>, Error> {
        self.permit(context, Action::ManageTokens, AuditAction::TokenRead).await?;
        let position = |text| cursor::position(self.keys.system(), context, LIST, text);
        let after = after.map(position).transpose()?.map(TokenId::from_bytes);
        let items =
            self.store.tokens(context.scope(), Page { limit: limit + 1, after }).await.map_err(of_store)?;
        Ok(Listed::page(items, limit, |last| {
            cursor::make(self.keys.system(), context, LIST, last.id.as_bytes())
        }))
    }

    /// Gives a token a new text. The old one stops counting with the answer, or after `overlap`: time for those
    /// who hold it to take the new one. One from before the last rotation stops at once in any case.
    ///
    /// # Errors
    ///
    /// `forbidden`, `not_found`.
    pub async fn rotate_token(
        &self,
        context: &Context,
        id: TokenId,
        overlap: Duration,
    ) -> Result<(Token, Secret<String>), Error> {
        let context = &self.at_its_home(context, id).await?;
        let mut row = self.managed(context, id, AuditAction::TokenRotate).await?;
        // Whoever gets its new text has it as long, and from where, as it counts.
        let is_own = id == context.principal.token;
        if !is_own && !self.beyond_the_issuer(context, row.expires_at, &row.networks).await?.is_empty() {
            let error = Error::Forbidden(Denial { action: Action::ManageTokens, why: Why::Wider });
            let object = AuditObject::Token(id);
            return self.refused(context, AuditAction::TokenRotate, object, Vec::new(), error).await;
        }
        let shown_until_now = row.mac;
        if row.identity.is_some() {
            let fault = Fault::new("", "this is an identity: it has no text that could be replaced");
            return self
                .refused(
                    context,
                    AuditAction::TokenRotate,
                    AuditObject::Token(id),
                    Vec::new(),
                    Error::invalid(vec![fault]),
                )
                .await;
        }
        let (text, now) = (TokenText::make(row.kind, id, &mut SystemRng), self.now());
        row.previous =
            (!overlap.is_zero()).then(|| PreviousSecret { mac: row.mac, until: now.plus(overlap) });
        row.mac = self.mac_of(&text);
        let mut record =
            context.record(now, AuditAction::TokenRotate, AuditObject::Token(id), AuditOutcome::Succeeded);
        if !overlap.is_zero() {
            record.notes.insert("overlap_seconds".to_owned(), overlap.as_secs().to_string());
        }
        let commit = context
            .commit(record)
            .expect(Expectation::TokenLive(id))
            .expect(Expectation::TokenSecret(id, shown_until_now))
            .write(Write::Token(Box::new(row.clone())));
        self.commit_and_forget(context, id, commit).await?;
        Ok((row, text.reveal()))
    }

    /// Revokes a token: the next request with it is refused.
    ///
    /// # Errors
    ///
    /// `forbidden`, `not_found`.
    pub async fn revoke_token(&self, context: &Context, id: TokenId) -> Result<(), Error> {
        let context = &self.at_its_home(context, id).await?;
        self.managed(context, id, AuditAction::TokenRevoke).await?;
        let now = self.now();
        let record =
            context.record(now, AuditAction::TokenRevoke, AuditObject::Token(id), AuditOutcome::Succeeded);
        let commit =
            context.commit(record).expect(Expectation::TokenLive(id)).write(Write::RevokeToken(id, now));
        self.commit_and_forget(context, id, commit).await
    }

    /// Whatever the outcome, this node looks the token up again: a lost answer may have been a yes.
    async fn commit_and_forget(&self, context: &Context, id: TokenId, commit: Commit) -> Result<(), Error> {
        let outcome = self.store.commit(context.scope(), commit).await;
        self.tokens.forget(id);
        match outcome {
            // Its own token, or the one it manages: the next look tells which.
            Err(StoreError::Clash(Clash::Token)) => {
                self.tokens.forget(context.principal.token);
                Err(Error::NotFound)
            }
            outcome => outcome.map_err(of_store),
        }
    }

    async fn may_issue(&self, context: &Context, new: &NewToken, now: Timestamp) -> Result<(), Error> {
        authorise(&context.principal, Action::ManageTokens, Resource::Workspace(*context.scope()))?;
        if !may_hand_on_all(context, new.role, &new.reach, &new.grants) {
            return Err(Error::Forbidden(Denial { action: Action::ManageTokens, why: Why::Wider }));
        }
        let mut faults = Vec::new();
        if new.expires_at.is_some_and(|end| end <= now) {
            faults.push(Fault::new("/expires_at", "must lie ahead"));
        }
        if new.reach.credentials.as_ref().is_some_and(|ids| ids.len() > limits::IDS_PER_CALL) {
            faults.push(Fault::new("/credentials", format!("at most {}", limits::IDS_PER_CALL)));
        }
        let organization = context.scope().organization();
        let serves = |identity: &Identity| self.issuer_serves(&identity.issuer, organization);
        if !new.identity.as_ref().is_none_or(serves) {
            let message = "must be an issuer of the server's configuration for this organization, exactly as it stands there";
            faults.push(Fault::new("/identity/issuer", message));
        }
        if new.has_limited_owner() {
            faults.push(Fault::new(
                "/role",
                "an owner, and a grant for the installation, covers everything there",
            ));
        }
        faults.extend(self.unknown_credentials(context, new).await?);
        faults.extend(self.beyond_the_issuer(context, new.expires_at, &new.networks).await?);
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }

    /// A child neither outlives its parent nor is used from where its parent may not be (TEN-16). A statement is the
    /// parent of what it issues.
    async fn beyond_the_issuer(
        &self,
        context: &Context,
        expires_at: Option<Timestamp>,
        networks: &[IpNet],
    ) -> Result<Vec<Fault>, Error> {
        let issuer = self.store.token(context.principal.token).await.map_err(of_store)?;
        let issuer = issuer.ok_or(Error::Unauthenticated)?;
        let stated = match context.principal.standing {
            Standing::Statement { ends } => Some(ends),
            _ => None,
        };
        let end = [issuer.expires_at, stated].into_iter().flatten().min();
        let mut faults = Vec::new();
        if end.is_some_and(|end| expires_at.is_none_or(|wanted| wanted > end)) {
            faults.push(Fault::new("/expires_at", "must not be later than the end of the issuing token"));
        }
        let inside = |wanted: &IpNet| issuer.networks.iter().any(|own| own.contains(wanted));
        if !issuer.networks.is_empty() && (networks.is_empty() || !networks.iter().all(inside)) {
            faults.push(Fault::new("/networks", "must lie inside the networks of the issuing token"));
        }
        Ok(faults)
    }

    /// A token may only be limited to credentials that its issuer can see (TEN-05).
    async fn unknown_credentials(&self, context: &Context, new: &NewToken) -> Result<Vec<Fault>, Error> {
        let mut faults = Vec::new();
        for (at, id) in new.reach.credentials.iter().flatten().take(limits::IDS_PER_CALL).enumerate() {
            if self.store.credential(context.scope(), *id).await.map_err(of_store)?.is_none() {
                faults.push(Fault::new(format!("/credentials/{at}"), "reference not found"));
            }
        }
        Ok(faults)
    }

    fn row_of(&self, context: &Context, new: NewToken, text: &TokenText, now: Timestamp) -> Token {
        TokenRow {
            id: text.id,
            principal: PrincipalId::make(now, &mut SystemRng),
            kind: new.kind,
            name: new.name,
            role: new.role,
            scope: *context.scope(),
            reach: new.reach,
            grants: new.grants,
            networks: new.networks,
            mac: self.mac_of(text),
            previous: None,
            identity: new.identity,
            created_at: now,
            created_by: Some(context.principal.id),
            expires_at: new.expires_at,
            revoked_at: None,
            last_used_at: None,
        }
    }

    pub(crate) fn mac_of(&self, text: &TokenText) -> [u8; 32] {
        // EXPOSE: only the keyed MAC of the token is stored.
        self.keys.system().token_mac(text.secret.expose().as_bytes())
    }

    /// The same request in the workspace of the organization that the token is at home in, where the caller manages
    /// tokens there too, as an owner does everywhere. For everybody else it is not found where they are.
    async fn at_its_home(&self, context: &Context, id: TokenId) -> Result<Context, Error> {
        let organization = context.scope().organization();
        let row = self.store.token(id).await.map_err(of_store)?;
        let home = row.map(|row| row.scope).filter(|home| home.organization() == organization);
        let there = home.and_then(|home| context.principal.entering(home.workspace()));
        let manages = |there: &Principal| may(there, Action::ManageTokens, Resource::Workspace(there.scope));
        let principal = there.filter(manages).unwrap_or_else(|| context.principal.clone());
        Ok(Context { principal, ..context.clone() })
    }

    /// A live token of the workspace that the caller is in, and may manage.
    async fn managed(&self, context: &Context, id: TokenId, action: AuditAction) -> Result<Token, Error> {
        match self.find_managed(context, id).await {
            Ok(row) => Ok(row),
            Err(error) => self.refused(context, action, AuditObject::Token(id), Vec::new(), error).await,
        }
    }

    async fn find_managed(&self, context: &Context, id: TokenId) -> Result<Token, Error> {
        authorise(&context.principal, Action::ManageTokens, Resource::Workspace(*context.scope()))?;
        let row = self.store.token(id).await.map_err(of_store)?;
        let row = row.filter(|row| row.scope == *context.scope() && row.revoked_at.is_none());
        let row = row.ok_or(Error::NotFound)?;
        // Whoever gives a wider token its new text holds it; whoever revokes it locks others out (TEN-16).
        let is_own = row.id == context.principal.token;
        if is_own || may_hand_on_all(context, row.role, &row.reach, &row.grants) {
            return Ok(row);
        }
        Err(Error::Forbidden(Denial { action: Action::ManageTokens, why: Why::Wider }))
    }
}

/// A token is as wide as all its grants, the one at home in this workspace included.
fn may_hand_on_all(context: &Context, role: Role, reach: &Reach, grants: &[Grant]) -> bool {
    let place = Place::Workspace(context.scope().workspace());
    let home = Grant { place, role, reach: reach.clone() };
    grants.iter().chain([&home]).all(|grant| access::may_hand_on(&context.principal, grant))
}
