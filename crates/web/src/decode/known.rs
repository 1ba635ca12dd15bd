//! Names that may be repeated in an answer, because they are ours or everybody's, and why they are refused.

/// What the server sets itself, what other requests take, and what clients of other products send; without
/// underscores and in lower case, so that `orgId`, `org_id` and `OrgID` are one.
const KNOWN: &str = "acceptaccountchange acceptfewerscopes accountid aliases ciphertext consumer createdat \
    createdby dek deletedat description dryrun envelope expiresat fingerprint force health holdseconds \
    holduntil id ids integrationid ispublic kekid kekversion kind labels lastusedat mac method modifiedat \
    modifiedby name nonce organizationid orgid owner ownerid permissions rebind refs role secretfields \
    secrets settings sharedwith slug status tenantid updatedat userid valueversion verification verifiedat \
    verify version workspace workspaceid";

/// Why a field of this name is refused; `None` where even the name must not be repeated.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    let plain: String = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    KNOWN.split(' ').any(|known| known == plain).then_some("is not a field of this request")
}
