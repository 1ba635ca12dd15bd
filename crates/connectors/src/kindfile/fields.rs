//! The kind itself: names, methods, fields and what may stand in them.

use serde_json::Value;
use strongroom_domain::host::Host;
use strongroom_domain::kind::{CheckGrade, Field, FieldType, Kind, Mark, Method, OtherFields};
use strongroom_domain::limits;
use strongroom_domain::pattern::Pattern;
use strongroom_domain::scopes::ScopeGrants;
use strongroom_domain::text::{Description, Name};

use super::document::{Document, FieldText, Grade, MarkName, TypeName};
use super::template::is_name;
use super::{BaseUrl, Problem};

pub(super) fn kind(document: &Document) -> Result<Kind, Problem> {
    name("name", &document.name)?;
    line("title", &document.title)?;
    sentence("description", &document.description)?;
    if !document.documentation.starts_with("https://") {
        return Err(Problem::at("documentation", "must be the vendor's page, beginning with https://"));
    }
    name("icon", &document.icon)?;
    let mut kind = Kind {
        name: document.name.clone(),
        title: document.title.clone(),
        description: document.description.clone(),
        documentation: Some(document.documentation.clone()),
        fields: Vec::new(),
        methods: methods(document)?,
        check: match document.check {
            Grade::LiveTested => CheckGrade::LiveTested,
            Grade::Documented => CheckGrade::Documented,
        },
        others: OtherFields::Refused,
        scopes: grants(document)?,
    };
    for text in &document.fields {
        add(&mut kind, text)?;
    }
    Ok(kind)
}

/// More than any vendor has.
const MAX_GRANTS: usize = 256;

/// Only where scopes are read at all: a table that nothing is held against would be a mistake unseen.
fn grants(document: &Document) -> Result<ScopeGrants, Problem> {
    const KEY: &str = "scopes.implies";
    let table = &document.scopes.implies;
    if !table.is_empty() && document.evidence.scopes.is_none() {
        return Err(Problem::at(KEY, "is for kinds whose evidence has `scopes`"));
    }
    if table.values().map(Vec::len).sum::<usize>() > MAX_GRANTS {
        return Err(Problem::at(KEY, format!("at most {MAX_GRANTS} scopes")));
    }
    for (scope, others) in table {
        line(KEY, scope)?;
        if others.is_empty() || others.contains(scope) {
            return Err(Problem::at(KEY, format!("`{scope}` must name others that it holds")));
        }
        others.iter().try_for_each(|other| line(KEY, other))?;
    }
    Ok(ScopeGrants::new(table.clone()))
}

fn methods(document: &Document) -> Result<Vec<Method>, Problem> {
    let mut methods: Vec<Method> = Vec::new();
    for text in &document.methods {
        name("methods.name", &text.name)?;
        line("methods.title", &text.title)?;
        if methods.iter().any(|method| method.name == text.name) {
            return Err(Problem::at("methods", format!("`{}` is there twice", text.name)));
        }
        methods.push(Method { name: text.name.clone(), title: text.title.clone(), fields: Vec::new() });
    }
    if methods.is_empty() { Err(Problem::at("methods", "at least one method")) } else { Ok(methods) }
}

/// Names are unique in the file, so that a template means one field.
fn add(kind: &mut Kind, text: &FieldText) -> Result<(), Problem> {
    name("fields.name", &text.name)?;
    let key = |key: &str| format!("fields.{}.{key}", text.name);
    if declared(kind, &text.name).is_some() {
        return Err(Problem::at(key("name"), "is there twice"));
    }
    if all_fields(kind).count() == limits::FIELDS {
        return Err(Problem::at("fields", format!("at most {} fields", limits::FIELDS)));
    }
    let field = field(text, key)?;
    let Some(method) = &text.method else {
        kind.fields.push(field);
        return Ok(());
    };
    let method = kind.methods.iter_mut().find(|known| known.name == *method);
    method.ok_or_else(|| Problem::at(key("method"), "must be one of `methods`"))?.fields.push(field);
    Ok(())
}

/// Common fields and those of every method.
pub(super) fn all_fields(kind: &Kind) -> impl Iterator<Item = &Field> {
    kind.fields.iter().chain(kind.methods.iter().flat_map(|method| &method.fields))
}

/// The field of this name, whichever method has it.
pub(super) fn declared<'a>(kind: &'a Kind, name: &str) -> Option<&'a Field> {
    all_fields(kind).find(|field| field.name == name)
}

fn field(text: &FieldText, key: impl Fn(&str) -> String) -> Result<Field, Problem> {
    line(&key("title"), &text.title)?;
    text.help.as_deref().map_or(Ok(()), |help| sentence(&key("help"), help))?;
    text.placeholder.as_deref().map_or(Ok(()), |example| line(&key("placeholder"), example))?;
    let kind = field_type(text).map_err(|instead| Problem::at(key("type"), instead))?;
    let mut field = Field::new(&text.name, &text.title, kind);
    field.marks = text.marks.iter().map(|mark| mark_of(*mark)).collect();
    field.help.clone_from(&text.help);
    field.placeholder.clone_from(&text.placeholder);
    if let Some(pattern) = &text.pattern {
        field.pattern =
            Some(Pattern::parse(pattern).map_err(|fault| Problem::at(key("pattern"), fault.to_string()))?);
    }
    if let Some(default) = &text.default {
        field.default =
            Some(default_of(&field, default).map_err(|instead| Problem::at(key("default"), instead))?);
    }
    if field.is(Mark::Secret) && field.is(Mark::Target) {
        return Err(Problem::at(key("marks"), "a target says where secrets travel and is no secret itself"));
    }
    if field.is(Mark::Place) && (!field.is(Mark::Identity) || field.is(Mark::Secret)) {
        return Err(Problem::at(key("marks"), "a place is a public part of an identity"));
    }
    Ok(field)
}

fn field_type(text: &FieldText) -> Result<FieldType, &'static str> {
    if text.kind != Some(TypeName::Integer) && (text.min.is_some() || text.max.is_some()) {
        return Err("`min` and `max` are for integers");
    }
    if !text.choices.is_empty() {
        let is_alone = matches!(text.kind, None | Some(TypeName::String));
        return if is_alone {
            Ok(FieldType::Choice(text.choices.clone()))
        } else {
            Err("`choices` are texts")
        };
    }
    Ok(match text.kind.unwrap_or(TypeName::String) {
        TypeName::String => FieldType::String,
        TypeName::Text => FieldType::Text,
        TypeName::Integer => {
            FieldType::Integer { min: text.min.unwrap_or(i64::MIN), max: text.max.unwrap_or(i64::MAX) }
        }
        TypeName::Boolean => FieldType::Boolean,
        TypeName::Host => FieldType::Host,
        TypeName::Port => FieldType::Port,
        TypeName::Url => FieldType::Url,
        TypeName::Pem => FieldType::Pem,
        TypeName::Json => FieldType::Json,
    })
}

const fn mark_of(name: MarkName) -> Mark {
    match name {
        MarkName::Required => Mark::Required,
        MarkName::Secret => Mark::Secret,
        MarkName::Target => Mark::Target,
        MarkName::Identity => Mark::Identity,
        MarkName::Place => Mark::Place,
    }
}

/// A default is filled in after validation has looked at what was given, so it is held to the same here.
fn default_of(field: &Field, default: &toml::Value) -> Result<Value, &'static str> {
    if field.is(Mark::Secret) {
        return Err("a default is public, so a secret has none");
    }
    let fits = match (&field.kind, default) {
        (FieldType::Integer { min, max }, toml::Value::Integer(number)) => (min..=max).contains(&number),
        (FieldType::Port, toml::Value::Integer(number)) => (1..=65_535).contains(number),
        (FieldType::Boolean, toml::Value::Boolean(_)) => true,
        (kind, toml::Value::String(text)) => fits_text(kind, text) && field.takes(text),
        _ => false,
    };
    let value = || match default {
        toml::Value::Integer(number) => Some(Value::from(*number)),
        toml::Value::Boolean(truth) => Some(Value::from(*truth)),
        toml::Value::String(text) => Some(Value::from(text.as_str())),
        _ => None,
    };
    value().filter(|_| fits).ok_or("must be a value that the field itself would take")
}

fn fits_text(kind: &FieldType, text: &str) -> bool {
    match kind {
        FieldType::String | FieldType::Text => true,
        FieldType::Choice(words) => words.iter().any(|word| word == text),
        FieldType::Host => text.parse::<Host>().is_ok_and(|host| host.to_string() == text),
        FieldType::Url => BaseUrl::parse(text).is_ok(),
        FieldType::Integer { .. }
        | FieldType::Port
        | FieldType::Boolean
        | FieldType::Pem
        | FieldType::Json => false,
    }
}

fn name(key: &str, text: &str) -> Result<(), Problem> {
    let instead = "must be 1 to 64 lower-case letters, digits and underscores, beginning with a letter";
    if is_name(text) { Ok(()) } else { Err(Problem::at(key, instead)) }
}

fn line(key: &str, text: &str) -> Result<(), Problem> {
    text.parse::<Name>().map(|_| ()).map_err(|fault| Problem::at(key, fault.to_string()))
}

fn sentence(key: &str, text: &str) -> Result<(), Problem> {
    text.parse::<Description>().map(|_| ()).map_err(|fault| Problem::at(key, fault.to_string()))
}
