//! The log-in: one question about what is possible, then one proof.
//!
//! The question is the request `none` (RFC 4252, section 5.2), which no server counts as a failure. Must
//! never send a secret where `none` was enough, a second one after the first, or a password to a prompt
//! that asks for something else.

use std::sync::Arc;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse as Interactive, Prompt};
use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey};
use russh::{MethodKind, Signer};
use strongroom_domain::Secret;
use strongroom_egress::Trail;

use super::failure::{Failure, Means, Refusal, Unclear};
use super::login::Opened;
use super::watch::Watch;

/// Ends when the server has let the user in on this proof.
pub(super) async fn prove(
    handle: &mut Handle<Watch>,
    user: &str,
    opened: &Opened,
    trail: &Trail,
) -> Result<(), Failure> {
    let offered = match handle.authenticate_none(user).await? {
        AuthResult::Success => return Err(Unclear::AsksForNothing.into()),
        // The library says the same when the session broke.
        AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => {
            return Err(Failure::Lost);
        }
        AuthResult::Failure { remaining_methods, .. } => remaining_methods,
    };
    match opened {
        Opened::Key(key) if offered.contains(&MethodKind::PublicKey) => {
            by_key(handle, user, key, trail).await
        }
        Opened::Key(_) => Err(Refusal::NotOffered(Means::Key).into()),
        Opened::Password(password) if offered.contains(&MethodKind::Password) => {
            trail.proof_leaves();
            // EXPOSE: this is the one attempt.
            let result = handle.authenticate_password(user, password.expose().as_str()).await?;
            verdict(&result, Means::Password)
        }
        Opened::Password(password) if offered.contains(&MethodKind::KeyboardInteractive) => {
            by_prompt(handle, user, password, trail).await
        }
        Opened::Password(_) => Err(Refusal::NotOffered(Means::Password).into()),
    }
}

fn verdict(result: &AuthResult, means: Means) -> Result<(), Failure> {
    match result {
        AuthResult::Success => Ok(()),
        AuthResult::Failure { partial_success: true, .. } => Err(Refusal::SecondProof(means).into()),
        AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => {
            Err(Failure::LostAfterProof(means))
        }
        AuthResult::Failure { .. } => Err(Refusal::Proof(means).into()),
    }
}

async fn by_key(
    handle: &mut Handle<Watch>,
    user: &str,
    key: &Arc<PrivateKey>,
    trail: &Trail,
) -> Result<(), Failure> {
    let (hash, is_known) = signature_hash(handle, key).await?;
    let mut signer = OneKey { key: Arc::clone(key), has_signed: false, trail };
    let public = key.public_key().clone();
    let result = handle.authenticate_publickey_with(user, public, hash, &mut signer).await?;
    match verdict(&result, Means::Key) {
        // A server that wants no signature would let in anyone who knows the public key.
        Ok(()) if !signer.has_signed => Err(Unclear::AsksForNothing.into()),
        Err(Failure::Refusal(Refusal::Proof(_))) if !is_known => Err(Unclear::MaybeSha1.into()),
        verdict => verdict,
    }
}

/// With what an RSA key signs, and whether the server said that it takes that (RFC 8308). SHA-1 never.
async fn signature_hash(
    handle: &Handle<Watch>,
    key: &PrivateKey,
) -> Result<(Option<HashAlg>, bool), Failure> {
    if !key.algorithm().is_rsa() {
        return Ok((None, true));
    }
    match handle.best_supported_rsa_hash().await? {
        Some(Some(hash)) => Ok((Some(hash), true)),
        Some(None) => Err(Unclear::OnlySha1.into()),
        None => Ok((Some(HashAlg::Sha256), false)),
    }
}

/// Signs with the candidate's key, and remembers that it had to.
struct OneKey<'a> {
    key: Arc<PrivateKey>,
    has_signed: bool,
    trail: &'a Trail,
}

impl Signer for OneKey<'_> {
    type Error = Failure;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        hash: Option<HashAlg>,
        mut to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        self.has_signed = true;
        self.trail.proof_leaves();
        let signature = match self.key.key_data() {
            KeypairData::Rsa(pair) => (pair, hash).try_sign(&to_sign),
            other => other.try_sign(&to_sign),
        };
        // The library takes back what it gave, with the signature behind it.
        signature
            .map_err(|_| Unclear::Unsigned)?
            .encode_prefixed(&mut to_sign)
            .map_err(|_| Unclear::Unsigned)?;
        Ok(to_sign)
    }
}

/// Keyboard-interactive (RFC 4256): one hidden prompt for the password is answered. Servers may send
/// requests without prompts before their verdict.
async fn by_prompt(
    handle: &mut Handle<Watch>,
    user: &str,
    password: &Secret<String>,
    trail: &Trail,
) -> Result<(), Failure> {
    let mut answered = false;
    let mut reply = handle.authenticate_keyboard_interactive_start(user, None::<String>).await;
    for _ in 0..MOST_REQUESTS {
        let prompts = match reply.map_err(|_| Failure::Lost)? {
            Interactive::Success if !answered => return Err(Unclear::AsksForNothing.into()),
            Interactive::Success => return Ok(()),
            Interactive::Failure { remaining_methods, partial_success } => {
                return verdict(&AuthResult::Failure { remaining_methods, partial_success }, Means::Password);
            }
            Interactive::InfoRequest { prompts, .. } => prompts,
        };
        let answer = match prompts.as_slice() {
            [] => Vec::new(),
            [prompt] if !answered && asks_for_the_password(prompt, user) => {
                answered = true;
                trail.proof_leaves();
                // EXPOSE: this is the one attempt.
                vec![password.expose().clone()]
            }
            _ => return Err(unexpected_prompt(answered).into()),
        };
        reply = handle.authenticate_keyboard_interactive_respond(answer).await;
    }
    Err(unexpected_prompt(answered).into())
}

const MOST_REQUESTS: usize = 4;

const fn unexpected_prompt(answered: bool) -> Unclear {
    if answered { Unclear::MorePrompts } else { Unclear::OtherPrompt }
}

/// The prompts of PAM, the BSDs and file servers. Anything else may want something else.
fn asks_for_the_password(prompt: &Prompt, user: &str) -> bool {
    let text = prompt.prompt.trim().trim_end_matches(':').trim_end().to_lowercase();
    let user = user.to_lowercase();
    let known = ["password", "enter password", "enter your password"];
    !prompt.echo
        && (known.contains(&text.as_str())
            || text == format!("{user}'s password")
            || text == format!("password for {user}")
            || text.starts_with(&format!("password for {user}@"))
            || text.starts_with(&format!("({user}@")) && text.ends_with(") password"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(prompt: &str, echo: bool) -> bool {
        asks_for_the_password(&Prompt { prompt: prompt.to_owned(), echo }, "Bot")
    }

    #[test]
    fn con_07_only_the_password_prompt_is_answered() {
        for prompt in [
            "Password: ",
            "password:",
            "Password",
            "bot's password:",
            "Password for Bot@host:",
            "(bot@h) Password: ",
        ] {
            assert!(asks(prompt, false), "{prompt}");
            assert!(!asks(prompt, true), "{prompt} with echo");
        }
        for prompt in [
            "",
            "Enter your other password:",
            "New password: ",
            "Verification code: ",
            "root's password:",
            "PIN",
        ] {
            assert!(!asks(prompt, false), "{prompt}");
        }
    }
}
