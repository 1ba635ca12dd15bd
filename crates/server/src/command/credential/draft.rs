//! What `create` and `update` send: flags become the body of a request.
//!
//! Owns the way of a secret from its source into the body, which is wiped once it is written. Must never ask
//! where nobody can answer.

use serde_json::{Map, Value, json};
use strongroom_domain::Secret;

use crate::arguments::{Check, Draft, OnUnreachable, Verify};
use crate::client::prompt::{Until, ask_hidden};
use crate::client::secrets::{self, Source};
use crate::client::{Branch, FieldSchema, Session};
use crate::refusal::Refusal;

/// A body in the making.
#[derive(Debug, Default)]
pub(super) struct Body {
    fields: Map<String, Value>,
}

impl Body {
    /// Name, slug, labels and the like.
    pub(super) fn described(draft: &Draft) -> Result<Self, Refusal> {
        let mut body = Self::default();
        body.put("name", draft.name.as_deref().map(Value::from));
        body.put("slug", draft.slug.as_deref().map(or_null));
        body.put("description", draft.description.as_deref().map(or_null));
        body.put("method", draft.method.as_deref().map(Value::from));
        body.put("expires_at", draft.expires.as_deref().map(or_null));
        body.put("owner", draft.owner.as_deref().map(owner).transpose()?);
        body.put("integration_id", draft.integration.as_deref().map(or_null));
        for label in &draft.labels {
            let (key, value) = pair(label, "label", "--label team=data")?;
            body.put_in("labels", key, value.into());
        }
        Ok(body)
    }

    /// Left out where nobody said anything: the workspace's own policy holds then.
    pub(super) fn checked(&mut self, check: &Check) {
        let policy = check.verify.map(|verify| match verify {
            Verify::Required => "required",
            Verify::IfSupported => "if_supported",
            Verify::Skip => "skip",
        });
        let on_unreachable = check.on_unreachable.map(|what| match what {
            OnUnreachable::Refuse => "refuse",
            OnUnreachable::SaveUnverified => "save_unverified",
        });
        let words =
            [("policy", policy), ("on_unreachable", on_unreachable), ("reason", check.reason.as_deref())];
        for (name, word) in words {
            if let Some(word) = word {
                self.put_in("verify", name, word.into());
            }
        }
    }

    pub(super) fn put(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.fields.insert(name.to_owned(), value);
        }
    }

    /// One key of a map; the API merges it into what is stored.
    pub(super) fn put_in(&mut self, outer: &str, name: &str, value: Value) {
        let inner = self.fields.entry(outer.to_owned()).or_insert_with(|| json!({}));
        inner[name] = value;
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(super) fn has_in(&self, outer: &str, name: &str) -> bool {
        self.fields.get(outer).is_some_and(|inner| inner.get(name).is_some())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.fields)
    }

    /// The settings, typed as the kind wants them.
    pub(super) fn set(&mut self, branch: &Branch<'_>, settings: &[String]) -> Result<(), Refusal> {
        for setting in settings {
            let (name, value) = setting_of(branch, setting)?;
            self.put_in("settings", &name, value);
        }
        Ok(())
    }

    /// The secrets, each from its source.
    pub(super) async fn take(
        &mut self,
        session: &Session,
        branch: &Branch<'_>,
        sources: &[(String, Source)],
    ) -> Result<(), Refusal> {
        for (name, source) in sources {
            let field = branch.secret(name);
            if session.is_shown_only {
                // A variable is shown in its place.
                self.put_in("secrets", name, "".into());
                continue;
            }
            let secret = match source {
                Source::Prompt if session.output.terminal.asks => prompted(&field).await?,
                Source::Prompt => return Err(nobody_to_ask()),
                source => secrets::read(source)?,
            };
            self.put_secret(&field, &secret)?;
        }
        Ok(())
    }

    /// In the sort that the kind wants: most are texts, some are JSON.
    pub(super) fn put_secret(
        &mut self,
        field: &FieldSchema<'_>,
        secret: &Secret<String>,
    ) -> Result<(), Refusal> {
        // EXPOSE: the secret goes into the body of the request that stores it.
        let value = field.value(secret.expose()).ok_or_else(|| {
            Refusal::unsent(
                format!("what was given for `{}` is not of its sort: {}", field.name, field.form()),
                "give it again",
            )
        })?;
        self.put_in("secrets", field.name, value);
        Ok(())
    }
}

/// Asks for one secret.
pub(super) async fn prompted(field: &FieldSchema<'_>) -> Result<Secret<String>, Refusal> {
    let until = if field.has_lines() { Until::EndOfInput } else { Until::EndOfLine };
    ask_hidden(field.title(), until).await
}

/// `NAME=VALUE` by the kind's schema, or `NAME:=JSON` as it stands.
fn setting_of(branch: &Branch<'_>, setting: &str) -> Result<(String, Value), Refusal> {
    let (name, value) = pair(setting, "setting", "--set host=db.example.com")?;
    let Some(name) = name.strip_suffix(':') else {
        return Ok((name.to_owned(), branch.setting(name, value)?));
    };
    let json = serde_json::from_str(value).map_err(|_| {
        Refusal::unsent(
            format!("what stands after {name}:= is not JSON"),
            "write JSON there, or NAME=VALUE for a text",
        )
    })?;
    // Types are the caller's business here; where it belongs is not.
    if branch.has_secret(name) {
        branch.setting(name, "")?;
    }
    Ok((name.to_owned(), json))
}

/// What is given must not be repeated: it may be a secret in the wrong place.
fn pair<'a>(text: &'a str, what: &str, example: &str) -> Result<(&'a str, &'a str), Refusal> {
    let found = text.split_once('=').filter(|(name, _)| !name.is_empty());
    found.ok_or_else(|| {
        Refusal::unsent(format!("a {what} is a name, `=` and a value"), format!("write it like {example}"))
    })
}

/// As a list is filtered by it.
fn owner(text: &str) -> Result<Value, Refusal> {
    match text.split_once(':') {
        None if text == "workspace" => Ok(json!({"type": "workspace"})),
        Some(("end_user", id)) if !id.is_empty() => Ok(json!({"type": "end_user", "id": id})),
        _ => {
            Err(Refusal::unsent("there is no such owner", "write --owner workspace, or --owner end_user:ID"))
        }
    }
}

/// An empty text takes away what is there.
fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

/// In a pipe a prompt would wait for ever, or read what was meant for something else. The field is not repeated:
/// it may be the secret itself.
fn nobody_to_ask() -> Refusal {
    Refusal::unsent(
        "--secret with a field alone asks for it, and there is no terminal to ask at (or --no-input or CI is set)",
        "--secret FIELD=- reads standard input; --secret FIELD=@FILE reads a file",
    )
}
