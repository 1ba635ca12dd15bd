//! `PUT /credentials/{uuid}`: what is given changes, the rest stays.

use strongroom_domain::credential::Credential;
use strongroom_service::options::{ChangeOptions, Wanted};
use strongroom_web::{Answer, Call};

use super::super::input;
use super::{expected, named, one, options};

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let named = named(&call)?;
    let (document, _) = call.json().await?;
    let update = input::update(document)?;
    // Which secret its value is follows from what is there.
    let wish = |stored: &Credential| {
        let options = ChangeOptions { expected: expected(&call), ..options(update.operator.clone()) };
        Ok(Wanted { change: update.of(stored), options })
    };
    let credential = call.service().change_by(call.context(), &named, &wish).await?.credential;
    one(&call, &credential)
}
