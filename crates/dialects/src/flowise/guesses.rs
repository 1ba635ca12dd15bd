//! What the captures do not show and we had to choose: one place. A GUESS elsewhere is a line of `registry`
//! (the order of the list beyond its first three types; the labels of options), of `javascript` (booleans) or of
//! `sign_in` (what stands for an e-mail address).

/// GUESS: a missing body has a message of its own; in the original this branch cannot be reached.
pub(super) const NO_BODY: &str = "body not provided!";

/// GUESS: what an object as a query parameter is answered with (capture 026 is not among ours).
pub(super) const OBJECT_IN_QUERY: &str = "a query parameter must be a text or a list of texts";

/// GUESS: where the stock UI has its sign-in page; it follows whatever it is told here.
pub(super) const SIGN_IN_PAGE: &str = "/signin";

/// GUESS: the answer of a sign-out beyond `message`, which the UI compares.
pub(super) const AFTER_SIGN_OUT: &str = "/login";
