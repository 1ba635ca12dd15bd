//! The yardstick: an axum server that answers every request with the same JSON, serialised each time.
//!
//! Runtime and socket are set up as in our server; nothing else is there: no routing to speak of, no
//! authentication, no store.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::serve::ListenerExt;
use serde::Serialize;
use tokio::net::TcpListener;

/// As much as a resolve answers, in the same shape.
#[derive(Debug, Clone, Serialize)]
struct Answer {
    id: &'static str,
    kind: &'static str,
    version: u64,
    value_version: u64,
    secrets: Secrets,
}

#[derive(Debug, Clone, Serialize)]
struct Secrets {
    api_key: String,
}

impl Answer {
    /// An answer of this size, or the least there is.
    fn of(bytes: usize) -> anyhow::Result<Self> {
        let secrets = Secrets { api_key: String::new() };
        let mut answer = Self {
            id: "cred_0192a3b4c5d67e8f9011223344556677",
            kind: "generic",
            version: 1,
            value_version: 1,
            secrets,
        };
        let rest = bytes.saturating_sub(serde_json::to_vec(&answer)?.len());
        answer.secrets.api_key = "x".repeat(rest);
        Ok(answer)
    }
}

/// Serves until killed. Prints its address once it listens.
pub(super) fn serve(bytes: usize) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{}", listener.local_addr()?);
        let answer = Answer::of(bytes)?;
        let router = Router::new().fallback(async move || json(&answer));
        let listener = listener.tap_io(|stream| {
            // As in our server; where it fails, latency shows it.
            let _best_effort = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router).await?)
    })
}

fn json(answer: &Answer) -> impl IntoResponse + use<> {
    let body = serde_json::to_vec(answer).expect("plain strings and numbers serialise");
    ([(CONTENT_TYPE, "application/json")], body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_size_that_was_asked_for() {
        assert_eq!(serde_json::to_vec(&Answer::of(400).unwrap()).unwrap().len(), 400);
    }
}
