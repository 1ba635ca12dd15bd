//! Whether fields fit their type: the original never asks, a workspace of ours may (`flowise_schema`).

use http::{HeaderName, HeaderValue};
use serde_json::Value;
use strongroom_domain::change::{Edit, Edits, FieldEdits};
use strongroom_domain::policy::FlowiseSchema;
use strongroom_domain::{Error, Fault, Secret};
use strongroom_web::Answer;

use super::registry::{self, CredentialType, Input};

/// How much of a credential is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// All of it.
    Whole,
    /// What changes.
    Part,
}

/// What is wrong with fields that are saved all the same.
#[derive(Debug, Default)]
pub(super) struct Misfits(Vec<Fault>);

/// Holds fields against their type, as far as the workspace wants that.
///
/// # Errors
///
/// All that is wrong, where the workspace is strict.
pub(super) fn check(
    wanted: FlowiseSchema,
    type_name: &str,
    fields: &Secret<FieldEdits>,
    given: Given,
) -> Result<Misfits, Error> {
    let Misfits(faults) = misfits(wanted, type_name, fields, given);
    if wanted == FlowiseSchema::Strict && !faults.is_empty() {
        Err(Error::invalid(faults))
    } else {
        Ok(Misfits(faults))
    }
}

/// The same of what was let through.
pub(super) fn misfits(
    wanted: FlowiseSchema,
    type_name: &str,
    fields: &Secret<FieldEdits>,
    given: Given,
) -> Misfits {
    match wanted {
        FlowiseSchema::Off => Misfits::default(),
        FlowiseSchema::Warn | FlowiseSchema::Strict => Misfits(faults(type_name, fields, given)),
    }
}

impl Misfits {
    /// The same answer, which says so where there are any.
    pub(super) fn told(&self, answer: Answer) -> Answer {
        let mut response = answer?;
        let texts: Vec<String> =
            self.0.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect();
        // Names of the registry and words of ours are visible ASCII.
        if let Some(text) = HeaderValue::try_from(texts.join("; ")).ok().filter(|_| !texts.is_empty()) {
            response.headers_mut().insert(WARNING, text);
        }
        Ok(response)
    }
}

const WARNING: HeaderName = HeaderName::from_static("x-strongroom-warning");

fn faults(type_name: &str, fields: &Secret<FieldEdits>, given: Given) -> Vec<Fault> {
    let Some(known) = registry::find(type_name) else {
        return vec![Fault::new("/credentialName", "is no known type")];
    };
    // EXPOSE: names and forms are looked at, and no value is repeated.
    let edits = fields.expose();
    let mut faults = Vec::new();
    // A name may hold anything, a secret too, so it is counted and not repeated.
    let strangers =
        edits.keys().into_iter().filter(|name| known.input(name).is_none() && is_set(edits, name)).count();
    if strangers > 0 {
        faults.push(Fault::new("/plainDataObj", format!("{strangers} field(s) that the type does not have")));
    }
    faults.extend(known.inputs.iter().filter_map(|input| misfit(known, input, edits, given)));
    faults
}

/// What goes is asked nothing.
fn is_set(edits: &FieldEdits, name: &str) -> bool {
    value(edits, name).is_some()
}

/// The value that a field gets; of several edits the last counts.
fn value<'a>(edits: &'a FieldEdits, name: &str) -> Option<&'a Value> {
    let set = |edit: &'a Edit<Value>| match edit {
        Edit::Set(value) => Some(value),
        Edit::Remove => None,
    };
    match edits {
        Edits::Keep => None,
        Edits::Merge(all) => {
            all.iter().rev().find(|(other, _)| other == name).and_then(|(_, edit)| set(edit))
        }
        Edits::Replace(all) => all.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value),
    }
}

fn misfit(known: &CredentialType, input: &Input, edits: &FieldEdits, given: Given) -> Option<Fault> {
    let fault = |message: &str| Some(Fault::new(format!("/plainDataObj/{}", input.name), message));
    match value(edits, &input.name) {
        // The stock UI sends an empty text for what was left empty.
        Some(value) if !is_nothing(value) => input.takes(value).err().and_then(fault),
        _ if given == Given::Whole && known.needs(input) => fault("is required"),
        _ => None,
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(type_name: &str, fields: Value, given: Given) -> Vec<String> {
        let Value::Object(fields) = fields else { panic!("an object") };
        let edits = Edits::Merge(fields.into_iter().map(|(name, value)| (name, Edit::Set(value))).collect());
        faults(type_name, &Secret::new(edits), given).into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn fields_fit_their_type() {
        let azure = json!({"azureOpenAIApiKey": "k", "azureOpenAIApiInstanceName": "i",
            "azureOpenAIApiDeploymentName": "d", "azureOpenAIApiVersion": "v"});
        assert_eq!(found("azureOpenAIApi", azure, Given::Whole), [""; 0]);
        assert_eq!(found("azureOpenAIApi", json!({"azureOpenAIApiKey": null}), Given::Part), [""; 0]);
        assert_eq!(found("openAIApi", json!({}), Given::Whole), ["/plainDataObj/openAIApiKey"]);
        assert_eq!(
            found("openAIApi", json!({"openAIApiKey": ""}), Given::Whole),
            ["/plainDataObj/openAIApiKey"]
        );
        assert_eq!(
            found("openAIApi", json!({"openAIApiKey": 7}), Given::Part),
            ["/plainDataObj/openAIApiKey"]
        );
        assert_eq!(found("openAIApi", json!({"cnry": 7, "x": 1}), Given::Part), ["/plainDataObj"]);
        assert_eq!(found("none", json!({}), Given::Part), ["/credentialName"]);
        assert_eq!(found("awsApi", json!({}), Given::Whole), [""; 0], "all of it is optional");
    }
}
