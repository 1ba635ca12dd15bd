//! A tenant as answers show it.

use serde::Serialize;
use strongroom_domain::Timestamp;
use strongroom_domain::ids::OrganizationId;
use strongroom_domain::text::{Name, Slug};
use strongroom_service::organizations::Organization;

#[derive(Serialize)]
pub(super) struct OrganizationBody<'a> {
    id: OrganizationId,
    slug: &'a Slug,
    name: &'a Name,
    created_at: Timestamp,
}

impl<'a> From<&'a Organization> for OrganizationBody<'a> {
    fn from(row: &'a Organization) -> Self {
        Self { id: row.id, slug: &row.slug, name: &row.name, created_at: row.created_at }
    }
}
