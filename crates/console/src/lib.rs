#![doc = include_str!("../README.md")]

mod caller;
mod failure;
mod home;
mod page;
mod routes;
mod sign_in;

use strongroom_domain::web_url::WebUrl;

pub use routes::{PREFIX, table};

/// What the pages go by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach the server; without it nobody can be sent back by an issuer.
    pub public_url: Option<WebUrl>,
}

impl Settings {
    /// Whether a browser gets here by TLS, whoever ends it.
    fn is_tls(&self) -> bool {
        self.public_url.as_ref().is_some_and(WebUrl::is_tls)
    }

    /// Where an issuer sends people back to. From the configuration alone: what a request says of its host is its
    /// sender's word (AUT-05).
    fn callback(&self) -> Option<String> {
        Some(format!("{}{PREFIX}/callback", self.public_url.as_ref()?.origin()))
    }
}
