//! What each route is called and gives, for the document of this dialect. Ids are in the original's style:
//! a name, the path, the method; the names, but for the one of PATCH, are a GUESS. Shapes are in `schemas.json`.

use strongroom_web::openapi::{About, KeyScheme};
use strongroom_web::{Operation, Shape};

use Shape::{Json, Nothing, Refusal};

/// What the document says beyond its routes.
pub(super) const ABOUT: About = About {
    title: "SuperAI Flows: integrations",
    description: "The credential API of SuperAI Flows, of both its generations, served by Strongroom: a change \
                  that the real system refuses is not saved. Every path may leave out `/api`.",
    version: "0.1.0",
    keys: &[KeyScheme::Bearer, KeyScheme::Header("X-API-Key")],
    error: ("ErrorResponse", "application/json"),
    schemas: include_str!("schemas.json"),
};

macro_rules! operations {
    ($($name:ident = $id:literal, $summary:literal, $body:expr, [$($status:literal $shape:expr),+];)*) => {
        $(pub(super) const $name: Operation =
            Operation { id: $id, summary: $summary, body: $body, answers: &[$(($status, $shape)),+] };)*
    };
}

/// Both shapes of a validation error in one body.
const INVALID: Shape = Json("ValidationError");

operations! {
    LIST = "list_user_credentials_api_integrations_credentials_get", "The caller's own, newest first",
        Nothing, [200 Json("CredentialsList")];
    CREATE = "create_user_credential_api_integrations_credentials_post",
        "A new one, tried before it is saved; users only", Json("UserIntegrationCredentialsCreate"),
        [201 Json("CredentialsResponse"), 400 Refusal, 422 INVALID];
    BY_PROVIDER = "list_credentials_by_provider_api_integrations_credentials_provider__provider__get",
        "The caller's own of one provider", Nothing, [200 Json("CredentialsList"), 400 Refusal];
    SHOW = "get_user_credential_api_integrations_credentials__credential_id__get",
        "One, without what it holds", Nothing, [200 Json("CredentialsResponse"), 422 INVALID];
    PATCH = "update_user_credential_api_integrations_credentials__credential_id__patch",
        "Replace the data as a whole, if the real system does not refuse it",
        Json("UserIntegrationCredentialsUpdate"), [200 Json("CredentialsResponse"), 400 Refusal, 422 INVALID];
    PUT = "update_user_credential_api_integrations_credentials__credential_id__put", "The same as PATCH",
        Json("UserIntegrationCredentialsUpdate"), [200 Json("CredentialsResponse"), 400 Refusal, 422 INVALID];
    DELETE = "delete_user_credential_api_integrations_credentials__credential_id__delete", "Gone at once",
        Nothing, [204 Nothing, 422 INVALID];
    SECRETS = "get_credential_secrets_api_integrations_credentials__credential_id__credentials_get",
        "What it holds; service accounts only", Nothing, [200 Json("Credentials"), 422 INVALID];
    TEST_SFTP = "test_sftp_connection_api_integrations_sftp_test_connection_post",
        "Log in to an SFTP server and open a path; nothing is written", Json("SftpTestConnectionRequest"),
        [200 Json("TestResult"), 422 INVALID];
    TEST_POSTGRES = "test_postgres_connection_api_integrations_postgres_test_connection_post",
        "Log in to a database", Json("PostgresCreateRequest"), [200 Json("TestJudgement"), 422 INVALID];
    TEST_STORED = "test_stored_postgres_connection_api_integrations_postgres_test_connection__credential_id__post",
        "Log in with what is stored", Nothing, [200 Json("TestJudgement"), 422 INVALID];
    TEST_PLUGIN = "test_postgres_plugin_connection_api_integrations_plugins_postgres_test_connection_post",
        "Log in to a database with any object", Json("Credentials"), [200 Json("TestResult"), 422 INVALID];
    CATALOG = "get_integration_catalog_api_integrations_catalog_get", "What there is to connect to",
        Nothing, [200 Json("Catalog")];
    AUTHORIZE_LEGACY = "authorize_plugin_api_integrations_plugins__plugin_name__oauth_authorize_post",
        "Not served yet: says so", Json("LegacyAuthorizeRequest"), [422 INVALID];
    CALLBACK_LEGACY = "plugin_callback_api_integrations_plugins__plugin_name__oauth_callback_get",
        "Not served yet: says so", Nothing, [422 INVALID];
    AUTHORIZE = "authorize_plugin_api_plugins__plugin_name__oauth_authorize_post", "Not served yet: says so",
        Json("AuthorizeRequest"), [422 INVALID];
    CALLBACK = "plugin_callback_api_plugins__plugin_name___provider_name__oauth_callback_get",
        "Not served yet: says so", Nothing, [422 INVALID];
    AUTHORIZE_GOOGLE = "authorize_google_api_integrations_google_authorize_get", "Not served yet: says so",
        Nothing, [422 INVALID];
    AUTHORIZE_SHAREPOINT = "authorize_sharepoint_api_integrations_sharepoint_authorize_get",
        "Not served yet: says so", Nothing, [422 INVALID];
}
