//! What answers mean, and what a file must not say about them (CON-18).

use std::collections::BTreeMap;

use serde_json::Value;
use strongroom_domain::kind::Kind;
use strongroom_domain::verification::Reason;
use strongroom_egress::http::HeaderName;

use super::document::{AnswerText, EvidenceText, MeaningName};
use super::probe::{stated, template};
use super::template::is_name;
use super::{AccountPart, Answer, Condition, Control, Meaning, Place, Problem, Sources, Stated};

/// More rows than any vendor needs.
const MAX_ANSWERS: usize = 32;

/// `control` is that of the probe: what the caller states needs one.
pub(super) fn answers(texts: &[AnswerText], kind: &Kind, control: Control) -> Result<Vec<Answer>, Problem> {
    if texts.len() > MAX_ANSWERS {
        return Err(Problem::at("probe.answers", format!("at most {MAX_ANSWERS}")));
    }
    let mut answers = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        answers.push(answer(&format!("probe.answers[{index}]"), text, kind)?);
    }
    let is_stated = answers.iter().any(|answer: &Answer| matches!(answer.status, Stated::InSetting(_)));
    if is_stated && control == Control::None {
        return Err(Problem::at("probe.control", UNCONTROLLED));
    }
    for needed in [Meaning::Accepted, Meaning::Rejected(Reason::AuthFailed)] {
        if !answers.iter().any(|answer| answer.means == needed) {
            return Err(Problem::at("probe.answers", "needs a row for `accepted` and one for `auth_failed`"));
        }
    }
    Ok(answers)
}

const UNCONTROLLED: &str = "must be \"without_secrets\" where the caller states the statuses: a path that answers \
                            everyone proves no secret";

fn answer(key: &str, text: &AnswerText, kind: &Kind) -> Result<Answer, Problem> {
    let answer = Answer {
        status: status(key, text, kind)?,
        conditions: conditions(key, text)?,
        means: meaning(text.means),
    };
    match dishonesty(&answer) {
        Some(instead) => Err(Problem::at(key, instead)),
        None => Ok(answer),
    }
}

const fn meaning(name: MeaningName) -> Meaning {
    match name {
        MeaningName::Accepted => Meaning::Accepted,
        MeaningName::AcceptedRestricted => Meaning::AcceptedRestricted,
        MeaningName::AuthFailed => Meaning::Rejected(Reason::AuthFailed),
        MeaningName::InsufficientScope => Meaning::Rejected(Reason::InsufficientScope),
        MeaningName::Expired => Meaning::Rejected(Reason::Expired),
        MeaningName::Revoked => Meaning::Rejected(Reason::Revoked),
        MeaningName::RateLimited => Meaning::Unreachable(Reason::RateLimited),
        MeaningName::ConnectionRefused => Meaning::Unreachable(Reason::ConnectionRefused),
        MeaningName::MisconfiguredTarget => Meaning::Unreachable(Reason::MisconfiguredTarget),
        MeaningName::ProtocolError => Meaning::Unreachable(Reason::ProtocolError),
    }
}

fn status(key: &str, text: &AnswerText, kind: &Kind) -> Result<Stated<Vec<u16>>, Problem> {
    let key = format!("{key}.status");
    if let toml::Value::String(field) = &text.status {
        let template = template(&key, field, kind)?;
        let field = template.only_field().ok_or_else(|| Problem::at(&key, STATUS))?;
        return stated(&key, field, kind).map(|field| Stated::InSetting(field.name.clone()));
    }
    let listed = text.status.as_array().filter(|listed| !listed.is_empty());
    let codes = listed.and_then(|listed| listed.iter().map(status_code).collect());
    codes.map(Stated::InFile).ok_or_else(|| Problem::at(key, STATUS))
}

const STATUS: &str = "must be a list of statuses from 200 to 299 and 400 to 599, as in [401, 403], or the \
                      field with those the caller states, as in \"{expected_status}\"";

fn status_code(value: &toml::Value) -> Option<u16> {
    let code = value.as_integer().and_then(|code| u16::try_from(code).ok())?;
    matches!(code, 200..=299 | 400..=599).then_some(code)
}

fn conditions(key: &str, text: &AnswerText) -> Result<Vec<Condition>, Problem> {
    let mut conditions: Vec<Condition> = text.html.map(Condition::Html).into_iter().collect();
    for at in &text.has {
        conditions.push(Condition::Has(place(&format!("{key}.has"), at)?));
    }
    for (at, values) in placed(&format!("{key}.equals"), &text.equals)? {
        conditions.push(Condition::Equals(at, values));
    }
    for (at, values) in placed(&format!("{key}.contains"), &text.contains)? {
        conditions.push(Condition::Contains(at, values));
    }
    Ok(conditions)
}

fn placed(key: &str, table: &BTreeMap<String, toml::Value>) -> Result<Vec<(Place, Vec<Value>)>, Problem> {
    let mut conditions = Vec::new();
    for (at, value) in table {
        let (at, values) = (place(key, at)?, alternatives(key, value)?);
        if matches!(at, Place::Header(_)) && !values.iter().all(Value::is_string) {
            return Err(Problem::at(key, "a header holds text: write its value in quotes"));
        }
        conditions.push((at, values));
    }
    Ok(conditions)
}

/// `/` begins a JSON pointer; anything else is the name of a header.
fn place(key: &str, text: &str) -> Result<Place, Problem> {
    if text.starts_with('/') {
        return Ok(Place::Body(text.to_owned()));
    }
    HeaderName::from_bytes(text.as_bytes())
        .map(Place::Header)
        .map_err(|_| Problem::at(key, "must be a JSON pointer, as in /user/id, or the name of a header"))
}

/// One value, or a list of which one has to be there.
fn alternatives(key: &str, value: &toml::Value) -> Result<Vec<Value>, Problem> {
    let listed = match value {
        toml::Value::Array(items) => items.iter().map(scalar).collect(),
        single => scalar(single).map(|value| vec![value]),
    };
    let listed = listed.filter(|values| !values.is_empty());
    listed.ok_or_else(|| Problem::at(key, "must be a text, a whole number, true or false, or a list of such"))
}

fn scalar(value: &toml::Value) -> Option<Value> {
    match value {
        toml::Value::String(text) if !text.is_empty() => Some(text.as_str().into()),
        toml::Value::Integer(number) => Some((*number).into()),
        toml::Value::Boolean(truth) => Some((*truth).into()),
        _ => None,
    }
}

/// What a row claims beyond what its answer can show. *Accepted* takes a proof, and a refusal has to be
/// the system's own and definite: an outage is never blamed on the key.
fn dishonesty(answer: &Answer) -> Option<&'static str> {
    let names_its_code = answer
        .conditions
        .iter()
        .any(|condition| matches!(condition, Condition::Equals(..) | Condition::Contains(..)));
    let has_proof = answer.conditions.iter().any(|condition| !matches!(condition, Condition::Html(_)));
    let Stated::InFile(codes) = &answer.status else {
        let is_guarded = answer.means == Meaning::Accepted
            && answer.conditions.iter().any(|condition| matches!(condition, Condition::Html(false)));
        return (!is_guarded).then_some("statuses of the caller's are for `accepted` with `html = false`");
    };
    let all = |fits: fn(u16) -> bool| codes.iter().all(|code| fits(*code));
    match answer.means {
        Meaning::Accepted if !all(|code| code < 300) => Some("`accepted` takes a status from 200 to 299"),
        Meaning::Accepted if !has_proof => {
            Some("`accepted` takes a proof beside the status: `has`, `equals` or `contains`")
        }
        Meaning::AcceptedRestricted if !names_its_code || !all(|code| matches!(code, 401 | 403)) => Some(
            "`accepted_restricted` takes 401 or 403, and the vendor's own word for a missing right with `equals` or `contains`",
        ),
        Meaning::Rejected(_) if !all(|code| code < 500 && !matches!(code, 407 | 408 | 425 | 429)) => {
            Some("this status is an outage or a limit, and never the key's fault")
        }
        Meaning::Rejected(_) if !has_proof && !all(|code| matches!(code, 401 | 403)) => Some(
            "only 401 and 403 refuse by themselves; say what else shows it with `has`, `equals` or `contains`",
        ),
        _ => None,
    }
}

pub(super) fn evidence(text: &EvidenceText, kind: &Kind) -> Result<Sources, Problem> {
    let optional = |key: &str, at: &Option<String>| at.as_deref().map(|at| place(key, at)).transpose();
    // Evidence is one flat object, in which these three have their places.
    if text
        .facts
        .keys()
        .any(|name| !is_name(name) || ["account", "scopes", "expires_at"].contains(&name.as_str()))
    {
        return Err(Problem::at("evidence.facts", "must have plain names of their own"));
    }
    let facts = text.facts.iter().map(|(name, at)| Ok((name.clone(), place("evidence.facts", at)?)));
    Ok(Sources {
        account: text.account.iter().map(|part| account_part(part, kind)).collect::<Result<_, _>>()?,
        scopes: optional("evidence.scopes", &text.scopes)?,
        expires_at: optional("evidence.expires_at", &text.expires_at)?,
        facts: facts.collect::<Result<_, _>>()?,
    })
}

fn account_part(text: &str, kind: &Kind) -> Result<AccountPart, Problem> {
    const KEY: &str = "evidence.account";
    if text.starts_with('{') {
        let template = template(KEY, text, kind)?;
        let field =
            template.only_field().ok_or_else(|| Problem::at(KEY, "one field, or one place, a part"))?;
        return stated(KEY, field, kind).map(|field| AccountPart::Setting(field.name.clone()));
    }
    place(KEY, text).map(AccountPart::Answer)
}
