//! The words of the contract, of both its generations at once (1.1): its policy lets a server have more of
//! them than a client knows.

/// A closed set of words as a type.
pub(super) trait Word: Copy + 'static {
    /// Every one, in the order in which a refusal lists them.
    const ALL: &'static [Self];

    /// As on the wire.
    fn word(self) -> &'static str;

    /// The one that is written so, letter for letter.
    fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.word() == text)
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name {
            $($variant,)+
        }

        impl Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    )+};
}

words! {
    /// Whose system a credential is for.
    Provider {
        Microsoft = "microsoft",
        Sharepoint = "sharepoint",
        Sftp = "sftp",
        AwsSes = "aws_ses",
        Google = "google",
        Postgresql = "postgresql",
        InternalPostgresql = "internal_postgresql",
        FileStorage = "file_storage",
        ApiCredential = "api_credential",
        SharepointClientSecret = "sharepoint_client_secret",
        AzureBlob = "azure_blob",
    }

    /// Which keys its `credentials` have.
    CredentialType {
        ApiKey = "api_key",
        GoogleOauth = "google_oauth",
        SharepointOauth = "sharepoint_oauth",
        Oauth2 = "oauth2",
        UserPassword = "user_password",
        KeyFile = "key_file",
        ClientCredentials = "client_credentials",
        SharepointReceive = "sharepoint_receive",
        GoogleDriveReceive = "google_drive_receive",
        Sftp = "sftp",
        AzureBlobReceive = "azure_blob_receive",
    }
}
