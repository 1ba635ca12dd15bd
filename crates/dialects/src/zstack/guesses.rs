//! GUESS: what the contract leaves open and we had to choose. The words of types and health are in
//! `mapping`, status and code of each error in `failure`.
//!
//! Further guesses that are no constants: an empty text or null in a body is as good as absent (proto3 cannot
//! tell them apart); a text that is not there is answered as `""`; fields that a body must not name are ignored,
//! so that what was read can be sent back; query parameters must be known and well formed; the order of lists
//! is `createDate`, then `uuid`, which is that of our ids; `total` follows `items`; one component is one of our
//! integrations; `previewDelete` has the shape of its siblings; without an `operator`, the audit record names the
//! token's holder alone.

/// GUESS: items of a list where `limit` is 0 or absent.
pub(super) const LIMIT_DEFAULT: usize = 100;

/// GUESS: most items of a list; a larger `limit` gives these.
pub(super) const LIMIT_MOST: usize = strongroom_domain::limits::PAGE_FOREIGN;

/// GUESS: greatest `limit` and `offset` that are numbers of this API (int32 of proto3).
pub(super) const NUMBER_MOST: usize = 2_147_483_647;

/// GUESS: most seconds that a delete waits before it checks: the timeout that the contract's example of an
/// error names ("Delete resource timeout after 300s"). The contract states no cap; a longer wait could only end in
/// that error, so it is 400 at once, and nothing is changed.
pub(super) const GRACE_SECONDS_MOST: usize = 300;

/// GUESS: what a consumer is called where a resource is named.
pub(super) const CONSUMER: &str = "CredentialConsumer";

/// GUESS: how a consumer stands to its credential.
pub(super) const RELATION: &str = "holds";
