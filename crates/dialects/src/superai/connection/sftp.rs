//! Operation 8, `POST /integrations/sftp/test-connection`.

use axum::response::Response;
use strongroom_domain::change::{Edit, Edits};
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Failure};
use super::super::input;
use super::super::words::Provider;
use super::{told, tried};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let request = call.context().request;
    failure::answered(request, test(&mut call).await)
}

async fn test(call: &mut Call) -> Result<Response, Failure> {
    let (given, path) = input::sftp_test(call).await?;
    let settings = Edits::Merge(vec![("path".to_owned(), Edit::Set(path.into()))]);
    Ok(told(&tried(call, Provider::Sftp, given, settings).await?)?)
}
