//! `PUT /credentials/{uuid}`: what is given changes, the rest stays.

use strongroom_service::options::ChangeOptions;
use strongroom_web::{Answer, Call};

use super::super::input;
use super::{expected, named, one, options};

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let named = named(&call)?;
    let (document, _) = call.json().await?;
    let update = input::update(document)?;
    // Only to learn which secret its value is. Should that be another one by the time of the change, the
    // field has no place in the new method, and the change is refused.
    let stored = if update.rotates() {
        Some(call.service().credential_at_hand(call.context(), &named).await?)
    } else {
        None
    };
    let options = ChangeOptions { expected: expected(&call), ..options(update.operator.clone()) };
    let change = update.of(stored.as_ref());
    let credential = call.service().change(call.context(), &named, change, options).await?.credential;
    one(&call, &credential)
}
