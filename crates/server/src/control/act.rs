//! Carrying an order out, in a server or without one. Owns the results' JSON.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use strongroom_sealing::RootKey;
use strongroom_service::Service;
use strongroom_service::rotation::{
    By, Epochs, KekRotated, KeyStatus, OrganizationStatus, Pace, Progress, status,
};
use strongroom_store::{EveryOrganization, OrganizationRow, Store};

use super::{Begin, Heard, Order};
use crate::refusal::{Exit, Refusal};
use crate::root_key;

/// Who hears how far it is.
pub(crate) type Hear<'a> = &'a mut (dyn FnMut(Heard) + Send);

/// All it takes.
#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) service: Arc<Service>,
    pub(crate) store: Arc<dyn Store>,
    /// The data folder, in which no key may lie.
    pub(crate) data: PathBuf,
}

impl Operator {
    pub(crate) async fn act(&self, order: &Order, hear: Hear<'_>) -> Result<Value, Refusal> {
        let acted = self.carry_out(order, hear).await;
        acted.map_err(|refusal| refusal.named(order.undone()))
    }

    async fn carry_out(&self, order: &Order, hear: Hear<'_>) -> Result<Value, Refusal> {
        match order {
            Order::Status => Ok(as_json(&status(self.store.as_ref()).await?)),
            Order::RotateKek { organization, begin } => {
                self.rotate_kek(organization.as_deref(), *begin, hear).await
            }
            Order::RotateRoot { file } => self.rotate_root(file).await,
        }
    }

    async fn rotate_kek(&self, named: Option<&str>, begin: Begin, hear: Hear<'_>) -> Result<Value, Refusal> {
        let (mut every, mut organizations) = (EveryOrganization::of(self.store.as_ref()), Vec::new());
        while let Some(one) = every.next().await? {
            if named.is_none_or(|named| one.slug.as_str() == named || one.id.to_string() == named) {
                organizations.push(one);
            }
        }
        if let Some(named) = named
            && organizations.is_empty()
        {
            return Err(Refusal::new(
                Exit::NotFound,
                "no key was rotated",
                format!("there is no organization {named}"),
                "name one that `strongroom keys status` lists, by id or slug",
            ));
        }
        let epochs = match begin {
            Begin::Epoch => Epochs::Begin,
            Begin::Nothing => Epochs::Resume,
        };
        let mut done = Vec::new();
        for organization in &organizations {
            let slug = organization.slug.as_str();
            let mut progress = |Progress { walk, done, total }: Progress| {
                hear(Heard { organization: slug.to_owned(), walk, done, total });
            };
            let rotated =
                self.service.rotate_kek(organization, epochs, By::Operator, Pace::BRISK, &mut progress).await;
            // What stops one may be damage of its own keys: the others get theirs all the same.
            done.push(match rotated {
                Ok(rotated) => of_organization(organization, &rotated),
                Err(error) => of_failed(organization, &Refusal::from(error)),
            });
        }
        Ok(json!({ "organizations": done }))
    }

    async fn rotate_root(&self, file: &Path) -> Result<Value, Refusal> {
        let source = strongroom_config::RootKeySource::File(file.to_owned());
        root_key::refuse_inside(&source, &self.data)?;
        let key = RootKey::from_file(file)?;
        // A key that was copied there by hand may not be on the disk yet, and everything will need it.
        let synced = File::open(file).and_then(|file| file.sync_all());
        synced.map_err(|error| Refusal::system(file, &error))?;
        let rotated = self.service.rotate_root(key, By::Operator).await?;
        Ok(json!({
            "root_key": rotated.to.to_string(),
            "previous_root_key": rotated.from.to_string(),
            "keys": rotated.keys,
            "file": file,
        }))
    }
}

fn of_failed(organization: &OrganizationRow, refusal: &Refusal) -> Value {
    json!({
        "organization": organization.id.to_string(),
        "slug": organization.slug.as_str(),
        "error": refusal.as_json()["error"],
    })
}

fn of_organization(organization: &OrganizationRow, rotated: &KekRotated) -> Value {
    let damaged: Vec<Value> = rotated
        .damaged
        .iter()
        .map(|one| {
            json!({"workspace": one.scope.workspace().to_string(), "credential": one.credential.to_string()})
        })
        .collect();
    json!({
        "organization": organization.id.to_string(),
        "slug": organization.slug.as_str(),
        "epoch": rotated.epoch,
        "rewrapped": rotated.rewrapped,
        "destroyed": rotated.destroyed,
        "kept": rotated.kept,
        "damaged": damaged,
    })
}

/// The keys of a store, as `keys status` shows them.
pub(crate) fn as_json(status: &KeyStatus) -> Value {
    let organization = |one: &OrganizationStatus| {
        let epochs: Vec<Value> = one
            .epochs
            .iter()
            .map(|epoch| json!({"epoch": epoch.epoch, "since": epoch.since.to_string(), "values": epoch.values}))
            .collect();
        json!({
            "organization": one.id.to_string(),
            "slug": one.slug.as_str(),
            "epochs": epochs,
            "astray": one.astray,
            "rotating": one.epochs.len() > 1,
        })
    };
    let organizations: Vec<Value> = status.organizations.iter().map(organization).collect();
    json!({ "in_force": status.roots, "organizations": organizations })
}
