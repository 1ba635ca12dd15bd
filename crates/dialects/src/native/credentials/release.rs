//! `DELETE .../credentials/{credential}/consumers/{name}/{instance}`: a hold is given back.

use http::StatusCode;
use strongroom_domain::consumer::Consumer;
use strongroom_web::{Answer, Call, respond};

use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = path::credential(&mut call).await?;
    let consumer =
        Consumer { name: path::parameter(&call, "name")?, instance: path::parameter(&call, "instance")? };
    call.service().release(call.context(), &named, &consumer).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
