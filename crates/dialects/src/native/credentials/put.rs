//! `PUT .../credentials/{credential}`: the same with settings replaced as a whole, and secrets where given.

use strongroom_web::{Answer, Call};

use super::patch::change;
use crate::native::input::Rule;

pub(crate) async fn handle(call: Call) -> Answer {
    change(call, Rule::Replace).await
}
