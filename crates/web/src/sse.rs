//! Server-sent events (WHATWG HTML, section 9.2): a stream of what a watcher hears, as an answer.
//!
//! Every message has the position to go on from as its `id`; so has the silence, which keeps a watcher of
//! few events from falling behind what is kept. Must never hold back a message to fill a packet.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use strongroom_domain::event::Event;
use strongroom_service::events::{Heard, Watcher};

/// How long a client that lost its connection waits before it comes back, in milliseconds.
const RETRY: u64 = 1_000;

/// The name of an event and its data, which has no line break.
pub struct Message {
    event: &'static str,
    data: String,
}

impl Message {
    /// A message of this name whose data is JSON.
    ///
    /// # Panics
    ///
    /// Never for the types it is made for: fixed names and values that JSON has.
    pub fn json(event: &'static str, data: &impl Serialize) -> Self {
        let data = serde_json::to_string(data).expect("a body of fixed names and plain values is JSON");
        Self { event, data }
    }
}

/// The answer that goes on until the watcher hears no more or the client is gone.
pub fn respond(watcher: Watcher, show: fn(&Event) -> Message) -> Response {
    let hello = greeting(watcher.position());
    let state = (watcher, Some(hello));
    let words = stream::unfold(state, move |(mut watcher, hello)| async move {
        let word = match hello {
            Some(hello) => hello,
            None => word(&watcher.next().await?, show),
        };
        Some((Ok::<_, Infallible>(Bytes::from(word)), (watcher, None)))
    });
    let mut response = Response::new(Body::from_stream(words));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(NO_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// nginx, and others after it, pass an answer on as it comes only where this says so.
const NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Sent at once: a client that hears nothing at all knows where to go on from too.
fn greeting(position: u64) -> String {
    format!("retry: {RETRY}\nid: {position}\n\n")
}

fn word(heard: &Heard, show: fn(&Event) -> Message) -> String {
    match heard {
        Heard::Event(position, event) => {
            let Message { event, data } = show(event);
            format!("id: {position}\nevent: {event}\ndata: {data}\n\n")
        }
        // Without data nothing is dispatched, but the id counts.
        Heard::Nothing(position) => format!(":\nid: {position}\n\n"),
    }
}
