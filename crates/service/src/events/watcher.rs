//! One who listens to the events of a workspace, from a position on, without loss and without repetition.
//!
//! Must never show an event of another workspace or of a credential that the token does not reach, and
//! must end within a second after the token, or the session that it was opened with, counts no more, or the workspace is
//! gone (TEN-12).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use strongroom_domain::Error;
use strongroom_domain::access::{Action, Resource, may};
use strongroom_domain::audit::AuditAction;
use strongroom_domain::event::Event;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::principal::{Facts, Principal};
use strongroom_store::{EventRange, PlacedEvent};
use tokio::time::{Instant, sleep_until};

use super::hub::{Ear, Sound};
use crate::authentication::Continued;
use crate::failure::of_store;
use crate::{Context, Service};

/// How often the token is looked at while nothing happens: twice in the second that is promised.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Events that are read from the store at once, and all that one watcher holds in memory.
const PAGE: usize = 100;

/// What a watcher is told.
#[derive(Debug, Clone)]
pub enum Heard {
    /// Something happened; its position is where to go on from.
    Event(u64, Event),
    /// Nothing happened for a while; this is where to go on from.
    Nothing(u64),
}

/// An open stream. Dropping it frees its place.
pub struct Watcher {
    service: Arc<Service>,
    principal: Principal,
    /// The token as it was when the stream was opened.
    standing: Continued,
    ear: Ear,
    /// The last one that was told, or passed over.
    position: u64,
    source: Source,
    look_at: Instant,
    speak_at: Instant,
}

/// Where the next event comes from.
enum Source {
    /// From the store: something was missed, or not listened to yet.
    Store,
    /// What was read from there, and whether there is more of it.
    Page(VecDeque<(u64, Event)>, More),
    /// From the hub.
    Hub,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum More {
    Yes,
    No,
}

impl Service {
    /// Opens a stream of the workspace's events: those after a position, or those from now on. A token
    /// limited to some credentials hears of those alone.
    ///
    /// # Errors
    ///
    /// `forbidden`; [`Error::Gone`] where events after that position are no longer kept, or that position
    /// was never given; `busy` where the node has as many watchers as it takes.
    pub async fn watch(self: &Arc<Self>, context: &Context, after: Option<u64>) -> Result<Watcher, Error> {
        self.permit(context, Action::ReadMetadata, AuditAction::Read).await?;
        // The ear first: what is placed from here on is in the range or is heard.
        let ear = self.hub.listen(*context.scope())?;
        let range = self.store.event_range(context.scope()).await.map_err(of_store)?;
        let position = first_position(range, after)?;
        let standing = self.standing(context.principal.token).await.ok_or(Error::Unauthenticated)?;
        let now = Instant::now();
        Ok(Watcher {
            principal: context.principal.clone(),
            standing,
            ear,
            position,
            source: Source::Store,
            look_at: now + LOOK_EVERY,
            speak_at: now + self.limits.heartbeat,
            service: Arc::clone(self),
        })
    }
}

/// A position beyond the last one is of another history: a backup was restored since.
fn first_position(range: EventRange, after: Option<u64>) -> Result<u64, Error> {
    match after {
        None => Ok(range.last),
        Some(after) if (range.forgotten..=range.last).contains(&after) => Ok(after),
        Some(_) => Err(Error::Gone),
    }
}

impl Watcher {
    /// Where the stream stands: what to go on from.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// What is heard next; none at the end of the stream: the server stops, the token counts no more, or the
    /// store does not answer. Whoever was listening goes on from the last position, with a token that
    /// counts.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            if self.ear.is_closed() {
                return None;
            }
            let heard = match &mut self.source {
                Source::Store => {
                    self.read().await?;
                    None
                }
                Source::Page(page, more) => {
                    if let Some((position, event)) = page.pop_front() {
                        self.show(position, event).await
                    } else {
                        self.source = if *more == More::Yes { Source::Store } else { Source::Hub };
                        None
                    }
                }
                Source::Hub => self.listen().await?,
            };
            // After the hearing: the token may have been revoked while nothing happened.
            if !self.may_go_on().await {
                return None;
            }
            if heard.is_some() {
                return heard;
            }
        }
    }

    /// A page from the store. What it leaves out does not decode: it is passed over, and the log says so.
    async fn read(&mut self) -> Option<()> {
        let page = self.service.store.events(&self.principal.scope, self.position, PAGE).await;
        let page = page.inspect_err(|error| tracing::warn!(%error, "a stream of events ends")).ok()?;
        let more = if page.len() == PAGE { More::Yes } else { More::No };
        self.source = Source::Page(page.into(), more);
        Some(())
    }

    /// One sound, or as much silence as is waited for. None at the end.
    async fn listen(&mut self) -> Option<Option<Heard>> {
        tokio::select! {
            sound = self.ear.hear() => match sound {
                Sound::Closed => None,
                Sound::Missed => {
                    self.source = Source::Store;
                    Some(None)
                }
                Sound::Event(placed) => Some(self.take(placed).await),
            },
            () = sleep_until(self.look_at.min(self.speak_at)) => Some(self.wake()),
        }
    }

    /// Positions have no gaps: whatever is not the next one was told already, or shows that something is missing.
    async fn take(&mut self, placed: Arc<PlacedEvent>) -> Option<Heard> {
        if placed.position == self.position + 1 {
            return self.show(placed.position, placed.event.clone()).await;
        }
        if placed.position > self.position {
            self.source = Source::Store;
        }
        None
    }

    fn wake(&mut self) -> Option<Heard> {
        let now = Instant::now();
        if self.look_at <= now {
            self.look_at = now + LOOK_EVERY;
        }
        if self.speak_at > now {
            return None;
        }
        self.speak_at = now + self.service.limits.heartbeat;
        Some(Heard::Nothing(self.position))
    }

    /// An event as this principal may see it.
    async fn show(&mut self, position: u64, event: Event) -> Option<Heard> {
        self.position = position;
        if !self.may_hear_of(event.credential).await {
            return None;
        }
        self.speak_at = Instant::now() + self.service.limits.heartbeat;
        Some(Heard::Event(position, event))
    }

    /// As the credential is now: where kind or labels decide, one that is gone is none of this principal's.
    async fn may_hear_of(&self, id: CredentialId) -> bool {
        let principal = &self.principal;
        let by = |facts| may(principal, Action::ReadMetadata, Resource::Credential(principal.scope, facts));
        if !principal.reach.needs_more_than_an_id() {
            return by(Facts::of_id(id));
        }
        let stored = self.service.store.credential(&principal.scope, id).await;
        matches!(stored, Ok(Some(stored)) if by(Facts::of(&stored.credential)))
    }

    /// A statement ends by itself, a session also by its sign-out, a token when its row does.
    async fn may_go_on(&self) -> bool {
        let (standing, now) = (self.principal.standing, self.service.now());
        if standing.ends().is_some_and(|end| end <= now)
            || standing.session().is_some_and(|session| !self.service.sessions.is_open(&session, now))
        {
            return false;
        }
        // A workspace that was erased tells nothing any more, nor that it was.
        if self.service.current_workspace(&self.principal.scope).await.is_err() {
            return false;
        }
        let standing = self.service.standing(self.principal.token).await;
        standing.is_some_and(|standing| standing.is_still(&self.standing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_begins_where_nothing_is_missing() {
        let range = EventRange { forgotten: 3, last: 7 };
        assert_eq!(first_position(range, None).unwrap(), 7);
        for after in 3..=7 {
            assert_eq!(first_position(range, Some(after)).unwrap(), after);
        }
        for after in [0, 2, 8, u64::MAX] {
            assert!(matches!(first_position(range, Some(after)), Err(Error::Gone)), "{after}");
        }
        assert_eq!(first_position(EventRange::default(), Some(0)).unwrap(), 0);
    }
}
