//! The kind for whatever has no kind of its own: any fields, no check.

use strongroom_domain::kind::{CheckGrade, Kind, Method, OtherFields};

pub(crate) fn kind() -> Kind {
    Kind {
        name: "generic".to_owned(),
        title: "Generic".to_owned(),
        description: "Any settings and any secrets; nothing is checked.".to_owned(),
        documentation: None,
        fields: Vec::new(),
        methods: vec![Method { name: "fields".to_owned(), title: "Fields".to_owned(), fields: Vec::new() }],
        check: CheckGrade::None,
        others: OtherFields::Accepted,
        scopes: strongroom_domain::scopes::ScopeGrants::default(),
    }
}
