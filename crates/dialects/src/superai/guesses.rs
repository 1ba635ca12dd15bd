//! What the contract leaves open and we had to choose: one place. Further lines marked GUESS are rows of the
//! tables in `mapping` (keys of `aws_ses`) and `catalog` (what the catalogue says), and the words of errors
//! that the contract does not declare, in `failure`.

use super::words::Provider;

/// GUESS: the name of a credential whose creator gives none, as clients of the first generation do.
pub(super) fn name_of(provider: &str) -> String {
    format!("{provider} credential")
}

/// GUESS: how many credentials one user may have; one more is 400 `bad_request`.
pub(super) const PER_USER: u64 = 100;

/// GUESS: how many credentials of one provider a workspace, which is the organization here, may have.
pub(super) const PER_PROVIDER: u64 = 50;

/// GUESS: the provider of a credential that another dialect has given a kind we have no word for.
pub(super) const PROVIDER_OF_OTHERS: Provider = Provider::ApiCredential;

/// GUESS: the key of `credentials` that says whose Google account it is.
pub(super) const GOOGLE_EMAIL: &str = "google_email";

/// GUESS: what the SFTP test calls a password beside its enum, which lacks the word that its text names.
pub(super) const PASSWORD: &str = "password";

/// GUESS: what a test that succeeded says.
pub(super) const CONNECTED: &str = "Connection successful";

/// GUESS: who changed a credential last, where that was no user.
pub(super) const SERVICE_ACCOUNT: &str = "service-account";

/// GUESS: the consumer's instance in the hold that comes with an answer to operation 7, which names none.
pub(super) const INSTANCE: &str = "default";
