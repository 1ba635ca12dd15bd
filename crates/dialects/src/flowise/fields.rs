//! The stored fields of a credential as its type knows them: under the type's names, in the wire's order.

use serde_json::Value;
use strongroom_domain::credential::Credential;
use strongroom_domain::fields::FieldMap;
use strongroom_service::Service;

use super::javascript::place_of_key;
use super::mapping::{SPELLING, type_of};
use super::registry::{self, Holds};

/// One stored field.
pub(super) struct Stored {
    /// What clients call it.
    pub(super) theirs: String,
    /// What the credential's kind calls it.
    ours: String,
    /// What it holds; `None` where its type does not know it.
    pub(super) holds: Option<Holds>,
}

impl Stored {
    /// Whether it is more than a placeholder to its readers.
    pub(super) fn is_shown(&self) -> bool {
        self.holds.is_some_and(|holds| holds != Holds::Password)
    }

    /// Its value where that is public.
    pub(super) fn public<'a>(&self, credential: &'a Credential) -> Option<&'a Value> {
        credential.settings.value(&self.ours)
    }

    /// Its value among the sealed fields that were opened.
    pub(super) fn sealed<'a>(&self, opened: &'a FieldMap) -> Option<&'a Value> {
        opened.value(&self.ours)
    }
}

/// The fields of a credential of a known type: none where the type is unknown, as in the original [011].
/// What its kind has beyond that (the address of an API) has no name here and is left out.
pub(super) fn of(service: &Service, credential: &Credential) -> Vec<Stored> {
    let (Some(known), Some(kind)) =
        (registry::find(&type_of(credential)), service.kind_named(&credential.kind))
    else {
        return Vec::new();
    };
    let names = credential.settings.names().chain(credential.secret_fields.iter().map(String::as_str));
    let mut fields: Vec<Stored> = names
        .filter_map(|ours| {
            let theirs = SPELLING.theirs(&kind, ours)?;
            let holds = known.input(&theirs).map(|input| input.holds);
            Some(Stored { theirs, ours: ours.to_owned(), holds })
        })
        .collect();
    let place = |field: &Stored| known.inputs.iter().position(|input| input.name == field.theirs);
    fields.sort_by_key(|field| (place_of_key(&field.theirs), place(field).unwrap_or(usize::MAX)));
    fields
}

/// What the kind calls those of the fields that are asked for.
pub(super) fn names(fields: &[Stored], which: impl Fn(&Stored) -> bool) -> Vec<String> {
    fields.iter().filter(|field| which(field)).map(|field| field.ours.clone()).collect()
}
