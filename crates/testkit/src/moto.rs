//! A private AWS: the server of `moto` (Python), which checks signatures and policies as the real one does.
//!
//! Answers for the names of AWS over TLS, on 127.0.0.1. Must never outlive this process: it ends when its
//! standard input does.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::certificates::{Authority, Certified, Validity};
use crate::folder::Folder;
use crate::python::Tool;

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Moto {
    process: Child,
    folder: Folder,
    started: Value,
}

/// An access key of the account 123456789012, for [`Moto::REGION`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// `AKIA...`, temporary ones `ASIA...`.
    pub id: String,
    /// The secret half.
    pub secret: String,
    /// For temporary keys.
    pub session_token: Option<String>,
}

impl Moto {
    /// The region whose names the server's certificate holds.
    pub const REGION: &str = "us-east-1";

    /// Makes the environment where there is none, which takes a minute, and starts; blocks for some seconds.
    pub fn start() -> Self {
        let python = MOTO.program("python");
        let folder = Folder::make("strongroom-moto-", None);
        let authority = Authority::make("Strongroom test authority");
        let Certified { certificate, key } = issue_for_aws(&authority, Self::REGION);
        folder.write("ca.pem", &authority.pem());
        folder.write("server.crt", &certificate);
        folder.write("server.key", &key);
        folder.write("server.py", SERVER);
        let log = File::create(folder.path().join("log")).expect("the folder is ours");
        let mut command = folder.command(&python);
        command.arg("server.py").env("HOME", folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().expect("Python runs");
        let mut line = String::new();
        let output = process.stdout.take().expect("standard output is piped");
        BufReader::new(output).read_line(&mut line).expect("what Python prints is text");
        let started = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!(
                "moto does not start:\n{}",
                fs::read_to_string(folder.path().join("log")).unwrap_or_default()
            )
        });
        Self { process, folder, started }
    }

    /// The TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        let port = self.started["port"].as_u64().and_then(|port| port.try_into().ok());
        port.expect("the program prints its port")
    }

    /// A file with the certificate of the authority behind the server's.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Of the user `sender`, who may read the sending quota.
    pub fn sender(&self) -> AccessKey {
        self.key("sender")
    }

    /// Of the user `bystander`, who may do nothing.
    pub fn bystander(&self) -> AccessKey {
        self.key("bystander")
    }

    /// A temporary one of the role `deployer`, session `run-1`, which may read the sending quota.
    pub fn session(&self) -> AccessKey {
        self.key("session")
    }

    fn key(&self, name: &str) -> AccessKey {
        let text = |part: &str| self.started[name][part].as_str().map(str::to_owned);
        AccessKey {
            id: text("AccessKeyId").expect("the program prints its keys"),
            secret: text("SecretAccessKey").expect("the program prints its keys"),
            session_token: text("SessionToken"),
        }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It keeps nothing that it would have to put away.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A certificate for STS and SES in this region, and for 127.0.0.1.
pub fn issue_for_aws(authority: &Authority, region: &str) -> Certified {
    let [sts, ses] = ["sts", "email"].map(|service| format!("{service}.{region}.amazonaws.com"));
    authority.issue(&[&sts, &ses, "127.0.0.1"], Validity::Current)
}

const MOTO: Tool = Tool { environment: "testkit-venv", requirement: "moto[server]==5.2.5" };

/// Makes users and keys while nobody checks, then has everything checked, and says where it listens.
const SERVER: &str = r#"
import json, sys, threading
import boto3
from moto import settings
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True,
                     ssl_context=("server.crt", "server.key"))
threading.Thread(target=server.serve_forever, daemon=True).start()

def client(service):
    return boto3.client(service, endpoint_url=f"https://127.0.0.1:{server.server_port}", verify="ca.pem",
                        region_name="us-east-1", aws_access_key_id="founder", aws_secret_access_key="founder")

def policy(action):
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

iam = client("iam")
for name in ("sender", "bystander"):
    iam.create_user(UserName=name)
iam.put_user_policy(UserName="sender", PolicyName="quota", PolicyDocument=policy("ses:GetSendQuota"))
role = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=policy("sts:AssumeRole"))["Role"]
iam.put_role_policy(RoleName="deployer", PolicyName="quota", PolicyDocument=policy("ses:GetSendQuota"))
session = client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="run-1")["Credentials"]
started = {name: iam.create_access_key(UserName=name)["AccessKey"] for name in ("sender", "bystander")}
started |= {"port": server.server_port, "session": session}
settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
print(json.dumps(started, default=str), flush=True)
sys.stdin.read()
"#;

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpStream};

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the client of a test")]
    fn starts_with_keys_and_ends_with_its_owner() {
        let moto = Moto::start();
        let (port, folder) = (moto.port(), moto.folder.path().to_owned());
        assert!(moto.sender().id.starts_with("AKIA"));
        assert!(moto.session().session_token.is_some());
        assert_ne!(moto.sender(), moto.bystander());
        drop(moto);
        assert!(!folder.exists());
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }
}
