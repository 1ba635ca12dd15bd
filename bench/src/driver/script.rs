//! What one client sends, over and over: finished bytes, so that sending costs next to nothing.

/// Stands in a body for a number that is another in each request.
pub(crate) const COUNTER: &str = "0000000000000000";

/// One request as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// Where [`COUNTER`] stands, if anywhere.
    counter: Option<usize>,
}

impl Request {
    /// A request without a body.
    pub(crate) fn get(path: &str, token: &str) -> Self {
        Self::of(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n"))
    }

    /// A request with a JSON body.
    pub(crate) fn json(method: &str, path: &str, token: &str, body: &str) -> Self {
        let length = body.len();
        Self::of(format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    }

    fn of(text: String) -> Self {
        let counter = text.find(COUNTER);
        Self { bytes: text.into_bytes(), counter }
    }

    fn count(&mut self, mut number: u64) {
        let Some(start) = self.counter else { return };
        for digit in self.bytes[start..start + COUNTER.len()].iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).expect("a digit");
            number /= 10;
        }
    }
}

/// Requests in turn, without an end.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    requests: Vec<Request>,
    sent: u64,
    turn: usize,
}

impl Script {
    /// The same request each time, but for its counter.
    pub(crate) fn repeat(request: Request) -> Self {
        Self::round(vec![request], 0)
    }

    /// These in turn, beginning with the one at `first`, counted round.
    pub(crate) fn round(requests: Vec<Request>, first: usize) -> Self {
        Self { turn: first % requests.len(), requests, sent: 0 }
    }

    /// How many different requests it has.
    pub(crate) const fn len(&self) -> usize {
        self.requests.len()
    }

    pub(crate) fn next(&mut self) -> &[u8] {
        let turn = self.turn;
        self.turn = (turn + 1) % self.requests.len();
        self.sent += 1;
        self.requests[turn].count(self.sent);
        &self.requests[turn].bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_of_a_change_has_another_value() {
        let body = format!("{{\"value\":\"{COUNTER}\"}}");
        let mut script = Script::repeat(Request::json("PATCH", "/x", "t", &body));
        let first = script.next().to_vec();
        let second = script.next().to_vec();
        assert!(first.ends_with(b"{\"value\":\"0000000000000001\"}"));
        assert!(second.ends_with(b"{\"value\":\"0000000000000002\"}"));
        assert_eq!(first.len(), second.len());
    }

    #[test]
    fn a_round_begins_where_it_is_told() {
        let requests = ["/a", "/b"].map(|path| Request::get(path, "t")).to_vec();
        let mut script = Script::round(requests, 3);
        assert!(script.next().starts_with(b"GET /b "));
        assert!(script.next().starts_with(b"GET /a "));
    }
}
