//! GET `/credentials`: all of them, or those of one type or several.

use strongroom_domain::Error;
use strongroom_domain::credential::Credential;
use strongroom_service::options::{ListOrder, ListRequest};
use strongroom_web::{Answer, Call};

use super::super::mapping::{kind_of, type_of};
use super::super::reply::{self, Item};

/// The filter; with brackets it is a list even where it stands once.
const FILTER: [&str; 2] = ["credentialName", "credentialName[]"];

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let query = call.query();
    let wanted: Vec<String> = FILTER.iter().flat_map(|name| query.all(name)).map(str::to_owned).collect();
    let items: Vec<Item> = match wanted.as_slice() {
        [] => all(&call, Vec::new()).await?.iter().map(Item::of).collect(),
        [only] if only.is_empty() => all(&call, Vec::new()).await?.iter().map(Item::of).collect(),
        types => of_types(&call, types).await?,
    };
    reply::read(&call, &items)
}

/// One query per value, in the order of the values [023].
async fn of_types(call: &Call, types: &[String]) -> Result<Vec<Item>, Error> {
    let kinds: Vec<String> =
        types.iter().filter_map(|name| kind_of(name)).map(|choice| choice.kind).collect();
    if kinds.is_empty() {
        // What is too long to be a type is nobody's type.
        return Ok(Vec::new());
    }
    let found = all(call, kinds).await?;
    let mut items = Vec::new();
    for name in types {
        items.extend(found.iter().filter(|one| type_of(one) == *name).map(Item::of));
    }
    Ok(items)
}

async fn all(call: &Call, kinds: Vec<String>) -> Result<Vec<Credential>, Error> {
    call.service()
        .list_whole(call.context(), &ListRequest { kinds, ..ListRequest::default() }, ListOrder::OldestFirst)
        .await
}
