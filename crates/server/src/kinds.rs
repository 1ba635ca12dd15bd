//! Which kinds of credentials a server knows: those of the product, the words of its dialects, and those of a
//! folder of the operator's.

use std::path::Path;

use strongroom_connectors::Catalogue;

use crate::refusal::Refusal;

/// Each added kind is named at every start, with its file: it says where secrets may go.
pub(crate) fn catalogue(folder: Option<&Path>) -> Result<Catalogue, Refusal> {
    let catalogue = Catalogue::built_in().with_opaque(strongroom_dialects::opaque_kinds());
    let Some(folder) = folder else { return Ok(catalogue) };
    let catalogue = catalogue.with_folder(folder)?;
    for (kind, file) in catalogue.added() {
        tracing::info!(kind, file = %file.display(), "a kind of the operator's");
    }
    if catalogue.added().next().is_none() {
        tracing::warn!(folder = %folder.display(), "the folder of kinds holds no *.toml file");
    }
    Ok(catalogue)
}
