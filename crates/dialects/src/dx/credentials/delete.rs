//! `credentials.delete`: gone for good, and from every list. Holds do not stand in its way: DX knows none.

use axum::response::Response;
use strongroom_domain::policy::DeleteMode;
use strongroom_service::options::{DeleteOptions, Expected};
use strongroom_web::{Answer, Call};

use crate::dx::connections;
use crate::dx::draft::Body;
use crate::dx::errors::{Refused, answer};
use crate::dx::wire::bare_ok;

pub(crate) async fn handle(mut call: Call) -> Answer {
    answer(delete(&mut call).await)
}

async fn delete(call: &mut Call) -> Result<Response, Refused> {
    let connection = connections::named(call, "connection_id").await?;
    let number = Body::of(call).await?.id()?;
    let options = DeleteOptions {
        within: Some(connection.id),
        ..DeleteOptions::new(DeleteMode::Regardless, Expected::Existing)
    };
    call.service().delete(call.context(), &super::reference(&number), &options).await?;
    bare_ok()
}
