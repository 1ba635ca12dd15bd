//! The server's side of the socket.

use std::path::Path;
use std::time::Duration;

use strongroom_server::{LocalCaller, LocalListener};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::{Heard, Operator, Order, Word};
use crate::refusal::{Exit, Refusal};

/// After the system had no socket left to give.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers at the socket of the data folder until the task is aborted. A server without one serves all the
/// same: its keys can be rotated when it has stopped.
pub(crate) fn serve(operator: Operator, data: &Path) -> Option<JoinHandle<()>> {
    match LocalListener::bind(data) {
        Ok(listener) => Some(tokio::spawn(listen(listener, operator))),
        Err(error) => {
            tracing::warn!(%error, "no control socket: `strongroom keys rotate` needs this server stopped");
            None
        }
    }
}

async fn listen(listener: LocalListener, operator: Operator) {
    loop {
        match listener.accept().await {
            Ok(caller) => drop(tokio::spawn(answer(caller, operator.clone()))),
            Err(error) => {
                tracing::warn!(%error, "a caller at the control socket was not heard");
                sleep(PAUSE).await;
            }
        }
    }
}

/// The order is carried out to its end, whether or not the caller stays to hear it.
async fn answer(mut caller: LocalCaller, operator: Operator) {
    let Ok(line) = caller.question().await else { return };
    let Some(order) = Order::of_line(&line) else {
        let refusal = Refusal::new(
            Exit::Usage,
            "the server did nothing",
            "it does not know this order",
            "use the command line of the release that runs",
        );
        let _gone = caller.say(&Word::Refused(refusal.as_json()).to_line()).await;
        return;
    };
    tracing::info!(?order, "an operator's order");
    let (say, words) = unbounded_channel();
    let telling = tokio::spawn(tell(caller, words));
    let done = operator.act(&order, &mut |heard: Heard| drop(say.send(Word::Progress(heard)))).await;
    let last = done.map_or_else(|refusal| Word::Refused(refusal.as_json()), Word::Done);
    drop(say.send(last));
    drop(say);
    let _told = telling.await;
}

/// One that does not listen any more is not spoken to.
async fn tell(mut caller: LocalCaller, mut words: UnboundedReceiver<Word>) {
    while let Some(word) = words.recv().await {
        if caller.say(&word.to_line()).await.is_err() {
            words.close();
        }
    }
}
