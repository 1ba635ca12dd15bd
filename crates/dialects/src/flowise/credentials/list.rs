//! GET `/credentials`: all of them, or those of one type or several.

use strongroom_domain::Error;
use strongroom_service::options::ListRequest;
use strongroom_web::{Answer, Call};

use super::super::mapping::kind_of;
use super::super::query;
use super::super::reply::{self, Item};

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let wanted = query::types(call.query());
    let items = match wanted.as_slice() {
        [] => all(&call, Vec::new()).await?,
        [only] if only.is_empty() => all(&call, Vec::new()).await?,
        types => of_types(&call, types).await?,
    };
    reply::read(&call, &items)
}

/// One query per value, in the order of the values [023]. The same value twice is asked once, so that a short URL
/// makes no endless answer.
async fn of_types(call: &Call, types: &[String]) -> Result<Vec<Item>, Error> {
    let kinds: Vec<String> =
        types.iter().filter_map(|name| kind_of(name)).map(|choice| choice.kind).collect();
    if kinds.is_empty() {
        // What is too long to be a type is nobody's type.
        return Ok(Vec::new());
    }
    let place = |item: &Item| types.iter().position(|name| *name == item.credential_name);
    let mut items = all(call, kinds).await?;
    // A kind may have several types.
    items.retain(|item| place(item).is_some());
    items.sort_by_key(place);
    Ok(items)
}

async fn all(call: &Call, kinds: Vec<String>) -> Result<Vec<Item>, Error> {
    let request = ListRequest { kinds, ..ListRequest::default() };
    call.service().list_whole(call.context(), &request, Item::of).await
}
