//! Where keys and data are, and who acts on them: the server that holds them, or this command.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use strongroom_config::{Config, Keys, RootKeySource};
use strongroom_connectors::Catalogue;
use strongroom_egress::{Egress, Policy, Resolver, Roots};
use strongroom_server::SystemClock;
use strongroom_service::{Limits, Parts, Service, StartError};
use strongroom_store::Store;
use strongroom_store_sqlite::{OpenError, SqliteStore};

use crate::arguments::Installation;
use crate::control::{Hear, Operator, Order, ask};
use crate::refusal::{Refusal, UNCHANGED};
use crate::root_key::BothKeys;
use crate::{data_folder, root_key};

/// One installation.
pub(crate) struct Place {
    pub(crate) keys: Keys,
    pub(crate) data: PathBuf,
}

/// The name of a development folder's next root key.
pub(crate) const NEXT: &str = "root.next.key";

impl Place {
    pub(crate) fn of(named: &Installation) -> Result<Self, Refusal> {
        match (&named.config, &named.data) {
            (Some(config), _) => {
                let config = Config::load(config)?;
                Ok(Self { keys: config.keys, data: config.store.folder })
            }
            (None, Some(folder)) => {
                let root_key = RootKeySource::File(folder.join("root.key"));
                let keys = Keys { root_key, next_root_key_file: Some(folder.join(NEXT)) };
                Ok(Self { keys, data: folder.join("data") })
            }
            (None, None) => {
                Err(Refusal::bad_setting("neither --config nor --data was given", "give one of the two"))
            }
        }
    }

    /// Nothing was ever kept there.
    pub(crate) fn is_empty(&self) -> bool {
        data_folder::is_empty(&self.data)
    }

    /// Has the order carried out, by the server where one runs. That one has its keys already, also where
    /// only its own environment holds them: what stopped this command from reading `keys` matters without it.
    pub(crate) async fn act(
        &self,
        keys: Result<BothKeys, Refusal>,
        order: &Order,
        hear: Hear<'_>,
    ) -> Result<Value, Refusal> {
        let store = match data_folder::open(&self.data) {
            Ok(store) => store,
            Err(OpenError::InUse { .. }) => {
                return tokio::task::block_in_place(|| ask(&self.data, order, hear));
            }
            Err(error) => return Err(error.into()),
        };
        let done = match keys {
            Ok(keys) => self.act_on(&store, keys, order, hear).await,
            Err(refusal) => Err(refusal),
        };
        store.close().await;
        done
    }

    /// No connector is ever asked here, so there is no way out.
    async fn act_on(
        &self,
        store: &Arc<SqliteStore>,
        (root, next): BothKeys,
        order: &Order,
        hear: Hear<'_>,
    ) -> Result<Value, Refusal> {
        let root = root_key::in_force(store.as_ref(), root, next).await?;
        let store: Arc<dyn Store> = Arc::clone(store) as _;
        let parts = Parts {
            store: Arc::clone(&store),
            catalogue: Catalogue::built_in(),
            egress: Egress::new(Policy::default(), &Roots::load(&[])?, Resolver::System),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            issuers: Vec::new(),
        };
        let service = Service::open(parts, root).await.map_err(not_opened)?;
        let operator = Operator { service: Arc::new(service), store, data: self.data.clone() };
        operator.act(order, hear).await
    }
}

fn not_opened(error: StartError) -> Refusal {
    Refusal::from(error).about("the keys were not opened").leaving(UNCHANGED)
}
