//! The yardstick: an axum server that answers every request with the same JSON, serialised each time.
//!
//! Runtime, allocator and socket are as in our server; nothing else is there: no authentication, no store.

use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// What becomes of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// Nothing: path and body are not looked at.
    Answer,
    /// The path is routed and taken apart, the body is read as JSON into a type.
    Exchange,
}

impl Shape {
    /// As on the command line.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Exchange => "exchange",
        }
    }

    fn router(self, answer: Answer) -> Router {
        match self {
            Self::Answer => Router::new().fallback(async move || json(&answer)),
            Self::Exchange => {
                let exchange = async move |Path(names): Path<(String, String)>, Json(asked): Json<Asked>| {
                    // What was read must not be left unread by the compiler.
                    std::hint::black_box((names, asked));
                    json(&answer)
                };
                Router::new().route(RESOLVE, post(exchange))
            }
        }
    }
}

/// The path of a resolve (API.md).
const RESOLVE: &str = "/v1/workspaces/{workspace}/credentials/{credential}/resolve";

/// The body of a resolve.
#[derive(Debug, Deserialize)]
struct Asked {
    #[expect(dead_code, reason = "it is read from the request, which is the point")]
    consumer: Consumer,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is read from the request, which is the point")]
struct Consumer {
    name: String,
    instance: String,
}

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
pub(super) fn serve(shape: Shape, bytes: usize) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{}", listener.local_addr()?);
        let answer = Answer::of(bytes)?;
        let router = shape.router(answer);
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
