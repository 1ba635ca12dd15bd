//! The command's side of the socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;
use strongroom_server::local_socket;

use super::{Hear, Order, Word};
use crate::refusal::{Exit, Refusal};

/// Asks the server that holds this data folder, and waits for the last word.
pub(crate) fn ask(data: &Path, order: &Order, hear: Hear<'_>) -> Result<Value, Refusal> {
    let stream = local_socket(data).and_then(|(path, _folder)| UnixStream::connect(path));
    let stream = stream.map_err(|error| {
        Refusal::new(
            Exit::Unavailable,
            "nothing was done",
            format!("a process holds the data folder {} and does not answer there: {error}", data.display()),
            "run this as the server's account; or stop the server, and run it again",
        )
    })?;
    (&stream).write_all(order.to_line().as_bytes()).map_err(|error| cut_off(&error.to_string()))?;
    for line in BufReader::new(&stream).lines() {
        let line = line.map_err(|error| cut_off(&error.to_string()))?;
        match Word::of_line(&line) {
            Some(Word::Progress(heard)) => hear(heard),
            Some(Word::Done(result)) => return Ok(result),
            Some(Word::Refused(refusal)) => {
                return Err(
                    Refusal::of_json(&refusal).unwrap_or_else(|| cut_off("it refused without a reason"))
                );
            }
            None => return Err(cut_off("its answer was not understood")),
        }
    }
    Err(cut_off("the connection ended"))
}

fn cut_off(cause: &str) -> Refusal {
    Refusal::new(
        Exit::Unavailable,
        "the server did not say how it ended",
        cause,
        "look with `strongroom keys status`, then run the command again: it goes on from there",
    )
    .leaving("every value still opens")
}
