//! All kinds there are, each with its connector if it has one.
//!
//! Must never hand out a connector without its guard.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use strongroom_domain::credential::Candidate;
use strongroom_domain::kind::Kind;
use strongroom_domain::verification::Finding;
use strongroom_egress::Egress;
use tokio::time::Instant;

use crate::aws::Aws;
use crate::clock::SystemClock;
use crate::github_app::GithubApp;
use crate::guard::Guarded;
use crate::http_probe::HttpProbe;
use crate::icon::Icon;
use crate::kindfile::{self, FolderFile, KindFile};
use crate::{Connector, KindFileError, aws, generic, github_app, postgres, sftp, smtp};

/// Kinds by name.
pub struct Catalogue(BTreeMap<String, Entry>);

struct Entry {
    kind: Kind,
    connector: Option<Guarded>,
    icon: Icon,
    origin: Origin,
}

/// Where a kind comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Product,
    Folder(PathBuf),
}

impl Catalogue {
    /// The kinds that come with the product.
    pub fn built_in() -> Self {
        let mut catalogue = Self::new([
            (generic::kind(), None),
            (postgres::kind(), Some(connector(postgres::Postgres))),
            (postgres::internal_kind(), Some(connector(postgres::Postgres))),
            (smtp::kind(), Some(connector(smtp::Smtp))),
            (aws::kind(), Some(connector(Aws::identity(Arc::new(SystemClock))))),
            (aws::ses_kind(), Some(connector(Aws::mail(Arc::new(SystemClock))))),
            (github_app::kind(), Some(connector(GithubApp::new(Arc::new(SystemClock))))),
            (sftp::kind(), Some(connector(sftp::Sftp::new()))),
        ]);
        kindfile::bundled().for_each(|file| catalogue.add(file, None, Origin::Product));
        catalogue
    }

    /// The same and the kinds of the operator: one `*.toml` each, directly in `folder` (docs/KINDS.md).
    ///
    /// All or none: a file that is not sound, or names a kind that is there already, is an error.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self, KindFileError> {
        for FolderFile { path, kind: file, icon } in kindfile::read_folder(folder)? {
            if self.0.contains_key(&file.kind.name) {
                return Err(KindFileError::NameTaken { file: path, kind: file.kind.name });
            }
            self.add(file, icon, Origin::Folder(path));
        }
        Ok(self)
    }

    /// The same and the opaque kinds that dialects know the fields of. They are found by name like every kind,
    /// have no check, and are not listed: they are words of their dialects.
    #[must_use]
    pub fn with_opaque(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        let of_dialects = kinds.into_iter().filter(|kind| Kind::opaque_origin(&kind.name).is_some());
        for kind in of_dialects {
            let icon = Icon::monogram(&kind.name, &kind.title);
            self.0.insert(kind.name.clone(), Entry { kind, connector: None, icon, origin: Origin::Product });
        }
        self
    }

    fn add(&mut self, file: KindFile, icon: Option<Icon>, origin: Origin) {
        let kind = file.kind.clone();
        let icon = icon.unwrap_or_else(|| Icon::monogram(&kind.name, &kind.title));
        let connector = Some(Guarded::new(connector(HttpProbe::new(file))));
        self.0.insert(kind.name.clone(), Entry { kind, connector, icon, origin });
    }

    /// Kinds that came from a folder of the operator's, each with its file.
    pub fn added(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.0.iter().filter_map(|(name, entry)| match &entry.origin {
            Origin::Product => None,
            Origin::Folder(file) => Some((name.as_str(), file.as_path())),
        })
    }

    /// A catalogue of these kinds. A later kind replaces an earlier one of the same name.
    pub fn new(kinds: impl IntoIterator<Item = (Kind, Option<Box<dyn Connector>>)>) -> Self {
        let entry = |(kind, connector): (Kind, Option<_>)| {
            let icon = Icon::monogram(&kind.name, &kind.title);
            let connector = connector.map(Guarded::new);
            (kind.name.clone(), Entry { kind, connector, icon, origin: Origin::Product })
        };
        Self(kinds.into_iter().map(entry).collect())
    }

    /// The kind of this name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.0.get(name).map(|entry| &entry.kind)
    }

    /// The picture of this kind.
    pub fn icon(&self, kind: &str) -> Option<&Icon> {
        Some(&self.0.get(kind)?.icon)
    }

    /// All kinds but the opaque ones, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.0.values().map(|entry| &entry.kind).filter(|kind| Kind::opaque_origin(&kind.name).is_none())
    }

    /// The connector of this kind, guarded; `None` also where the kind has no check.
    pub fn connector(&self, kind: &str) -> Option<&dyn Connector> {
        self.0.get(kind)?.connector.as_ref().map(|guarded| guarded as &dyn Connector)
    }

    /// Tries the candidate against its system; *unsupported* where its kind has no check.
    pub async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding {
        match self.connector(&candidate.kind) {
            Some(connector) => connector.check(candidate, egress, deadline).await,
            None => Finding::unsupported("There is no check for this kind."),
        }
    }
}

fn connector(connector: impl Connector + 'static) -> Box<dyn Connector> {
    Box::new(connector)
}

#[cfg(test)]
mod tests {
    use strongroom_domain::kind::{CheckGrade, Mark};

    use super::*;

    #[test]
    fn opaque_kinds_are_found_and_not_listed_and_no_other_comes_in_with_them() {
        let named = |name: &str| Kind { name: name.to_owned(), ..generic::kind() };
        let before = Catalogue::built_in().kinds().count();
        let catalogue =
            Catalogue::built_in().with_opaque([named("flowise/x"), named("postgresql"), named("y")]);
        assert!(catalogue.kind("flowise/x").is_some() && catalogue.kind("y").is_none());
        assert_eq!(catalogue.kinds().count(), before);
        assert!(catalogue.connector("postgresql").is_some(), "not replaced");
    }

    #[test]
    fn the_built_in_kinds_are_sound() {
        let catalogue = Catalogue::built_in();
        for name in ["generic", "internal_postgresql", "postgresql"] {
            assert!(catalogue.kind(name).is_some(), "{name}");
        }
        for kind in catalogue.kinds() {
            assert!(!kind.methods.is_empty(), "{}", kind.name);
            let has_check = catalogue.connector(&kind.name).is_some();
            assert_eq!(has_check, kind.check != CheckGrade::None, "{}", kind.name);
            for method in &kind.methods {
                let names: Vec<&str> =
                    kind.fields_of(&method.name).map(|field| field.name.as_str()).collect();
                assert!(
                    names.iter().all(|name| names.iter().filter(|n| n == &name).count() == 1),
                    "{names:?}"
                );
                for field in kind.fields_of(&method.name) {
                    let shown_and_secret = field.is(Mark::Secret) && field.default.is_some();
                    assert!(!shown_and_secret, "{}: a default is public", field.name);
                }
            }
        }
    }
}
