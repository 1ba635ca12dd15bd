//! The opaque kinds of the registry's types: their schema says which fields may be shown, and nothing more.
//! Nothing is required and nothing is checked, as in the original.

use strongroom_domain::kind::{CheckGrade, Field, FieldType, Kind, Mark, Method, OtherFields};
use strongroom_domain::scopes::ScopeGrants;

use super::mapping;
use super::registry::{self, CredentialType, Holds, Input};

/// Every type of the registry that is not a kind with a check.
pub fn kinds() -> Vec<Kind> {
    registry::types().iter().filter_map(opaque).collect()
}

fn opaque(known: &CredentialType) -> Option<Kind> {
    let name = mapping::kind_of(&known.name)?.kind;
    Kind::opaque_origin(&name)?;
    Some(Kind {
        title: known.label.clone(),
        description: format!("What Flowise keeps as {}; nothing is checked.", known.name),
        documentation: None,
        fields: known.inputs.iter().map(field).collect(),
        methods: vec![Method { name: "fields".to_owned(), title: "Fields".to_owned(), fields: Vec::new() }],
        check: CheckGrade::None,
        others: OtherFields::Accepted,
        scopes: ScopeGrants::default(),
        name,
    })
}

fn field(input: &Input) -> Field {
    let holds = match input.holds {
        Holds::String | Holds::Options => FieldType::Text,
        Holds::Boolean => FieldType::Boolean,
        // A number may come as text; what a secret is does not matter to anyone here.
        Holds::Number | Holds::Password | Holds::Url => FieldType::Json,
    };
    let field = Field::new(&input.name, &input.label, holds);
    if is_secret(input.holds) { field.marked(&[Mark::Secret]) } else { field }
}

/// A URL may have a password in it.
const fn is_secret(holds: Holds) -> bool {
    matches!(holds, Holds::Password | Holds::Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_password_and_url_is_sealed_and_nothing_else() {
        let kinds = kinds();
        assert_eq!(kinds.len(), 113 - 7, "seven types are kinds with a check");
        let azure = kinds.iter().find(|kind| kind.name == "flowise/azureOpenAIApi").unwrap();
        let public: Vec<&str> =
            azure.fields.iter().filter(|f| !f.is(Mark::Secret)).map(|f| &*f.name).collect();
        assert_eq!(
            public,
            ["azureOpenAIApiInstanceName", "azureOpenAIApiDeploymentName", "azureOpenAIApiVersion"]
        );
        let sealed =
            kinds.iter().flat_map(|kind| &kind.fields).filter(|field| field.is(Mark::Secret)).count();
        assert_eq!(sealed, 116 + 7 - 9, "nine secrets belong to kinds with a check");
    }
}
