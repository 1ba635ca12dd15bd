//! References: `strongroom://workspace/slug`, and `#field` where one field is meant.

use std::str::FromStr;

use strongroom_domain::text::Slug;
use strongroom_service::options::WorkspaceRef;

use super::path::workspace_ref;

/// A credential by name, as configurations of platforms hold it.
#[derive(Debug)]
pub(super) struct Reference {
    /// As it was written.
    pub(super) text: String,
    /// Must be the token's own.
    pub(super) workspace: WorkspaceRef,
    /// Which credential.
    pub(super) slug: Slug,
    /// Which field of it, where not all are wanted.
    pub(super) field: Option<String>,
}

/// The text is no reference. Never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have the form strongroom://workspace/slug or strongroom://workspace/slug#field")]
pub(super) struct NotAReference;

impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let rest = text.strip_prefix("strongroom://").ok_or(NotAReference)?;
        let (path, field) = match rest.split_once('#') {
            Some((_, "")) => return Err(NotAReference),
            Some((path, field)) => (path, Some(field.to_owned())),
            None => (rest, None),
        };
        let (workspace, slug) = path.split_once('/').ok_or(NotAReference)?;
        Ok(Self {
            text: text.to_owned(),
            workspace: workspace_ref(workspace).ok_or(NotAReference)?,
            slug: slug.parse().map_err(|_| NotAReference)?,
            field,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_workspace_slug_and_maybe_a_field() {
        let whole: Reference = "strongroom://default/reporting-db".parse().unwrap();
        assert_eq!((whole.slug.as_str(), whole.field), ("reporting-db", None));
        let field: Reference = "strongroom://default/reporting-db#password".parse().unwrap();
        assert_eq!(field.field.as_deref(), Some("password"));
        for text in [
            "",
            "strongroom://",
            "strongroom://default",
            "strongroom://default/",
            "strongroom://default/a/b",
            "strongroom://default/a#",
            "strongroom:///a",
            "Strongroom://default/a",
            "strongroom://default/a?x=1",
        ] {
            assert_eq!(text.parse::<Reference>().unwrap_err(), NotAReference, "{text}");
        }
    }
}
