//! The first start over an empty store: it is founded once, and its token reaches a file.
//!
//! The token is written down beside the file before the store is founded, and put into its place after. So
//! whenever a first start is interrupted, the next one completes it: with a founded store the token that
//! was written down is the right one, and with an empty one it was never given out.

use std::path::Path;
use std::sync::Arc;

use strongroom_domain::{Clock, Secret};
use strongroom_sealing::RootKey;
use strongroom_server::SystemClock;
use strongroom_service::founding;
use strongroom_store::Store;
use strongroom_store_sqlite::{Reserve, SqliteStore};

use crate::data_folder;
use crate::refusal::Refusal;
use crate::token_file::{Content, TokenFile};

/// Opens the store. An empty one is founded, and the first admin token is written into the file, which
/// must be empty or missing then. Gives the token where it was made just now.
pub(crate) async fn open(
    folder: &Path,
    root_key: &RootKey,
    file: &TokenFile,
    reserve: Reserve,
) -> Result<(Arc<SqliteStore>, Option<Secret<String>>), Refusal> {
    if data_folder::is_empty(folder) {
        // Before the folder is made: a refusal leaves nothing behind.
        refuse_filled(file)?;
    }
    let store = data_folder::open_with(folder, reserve)?;
    match found_if_empty(store.as_ref(), root_key, file).await {
        Ok(token) => Ok((store, token)),
        Err(refusal) => {
            store.close().await;
            Err(refusal)
        }
    }
}

async fn found_if_empty(
    store: &dyn Store,
    root_key: &RootKey,
    file: &TokenFile,
) -> Result<Option<Secret<String>>, Refusal> {
    if founding::is_founded(store).await? {
        return file.publish();
    }
    refuse_filled(file)?;
    let token = founding::make_token(SystemClock.now());
    file.prepare(&token.reveal())?;
    founding::found(store, root_key, &token, SystemClock.now()).await?;
    file.publish()
}

fn refuse_filled(file: &TokenFile) -> Result<(), Refusal> {
    let Content::Line(_) = file.read()? else { return Ok(()) };
    Err(Refusal::bad_start(
        format!("the data folder is empty, but the token file {} is not", file.path().display()),
        "name the data folder it belongs to; if that is lost, delete the token file",
    ))
}
