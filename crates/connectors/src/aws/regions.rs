//! The regions of AWS and where their services listen.
//!
//! Owns the only host names that an AWS credential is ever sent to (SSR-18): a request names a row of this
//! table and nothing else. Must never take a host, or a part of one, from a candidate.

use strongroom_domain::host::Host;

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) name: &'static str,
    pub(super) partition: Partition,
    sends_mail: bool,
}

/// AWS exists three times, with accounts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Partition {
    Commercial,
    China,
    UsGov,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Security Token Service.
    Sts,
    /// Simple Email Service.
    Ses,
}

/// Where nothing else is stated.
pub(super) const DEFAULT: &str = "us-east-1";

impl Region {
    /// The row of this name; no other spelling counts.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|region| region.name == name)
    }

    /// The names of the regions that have the service.
    pub(super) fn names_with(service: Service) -> Vec<String> {
        TABLE.iter().filter(|region| region.has(service)).map(|region| region.name.to_owned()).collect()
    }

    pub(super) const fn has(&self, service: Service) -> bool {
        match service {
            Service::Sts => true,
            Service::Ses => self.sends_mail,
        }
    }

    /// Where the service listens, by TLS on port 443 ("AWS service endpoints", AWS General Reference).
    pub(super) fn host(&self, service: Service) -> Host {
        let label = match service {
            Service::Sts => "sts",
            Service::Ses => "email",
        };
        Host::Name(format!("{label}.{}.{}", self.name, self.partition.domain()))
    }
}

impl Partition {
    /// As in the second part of an ARN.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Commercial => "aws",
            Self::China => "aws-cn",
            Self::UsGov => "aws-us-gov",
        }
    }

    const fn domain(self) -> &'static str {
        match self {
            Self::Commercial | Self::UsGov => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
        }
    }
}

impl Service {
    /// As in the scope of a signature. SES signs under this name at all of its endpoints.
    pub(super) const fn signing_name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Ses => "ses",
        }
    }
}

const fn region(name: &'static str) -> Region {
    Region { name, partition: Partition::Commercial, sends_mail: true }
}

/// As published in November 2026. The isolated and sovereign partitions are left out: they cannot be reached
/// from the internet, or keep to names of their own.
const TABLE: &[Region] = &[
    region("us-east-1"),
    region("us-east-2"),
    region("us-west-1"),
    region("us-west-2"),
    region("af-south-1"),
    Region { sends_mail: false, ..region("ap-east-1") },
    region("ap-east-2"),
    region("ap-northeast-1"),
    region("ap-northeast-2"),
    region("ap-northeast-3"),
    region("ap-south-1"),
    region("ap-south-2"),
    region("ap-southeast-1"),
    region("ap-southeast-2"),
    region("ap-southeast-3"),
    region("ap-southeast-4"),
    region("ap-southeast-5"),
    region("ap-southeast-6"),
    region("ap-southeast-7"),
    region("ca-central-1"),
    region("ca-west-1"),
    region("eu-central-1"),
    region("eu-central-2"),
    region("eu-north-1"),
    region("eu-south-1"),
    region("eu-south-2"),
    region("eu-west-1"),
    region("eu-west-2"),
    region("eu-west-3"),
    region("il-central-1"),
    region("me-central-1"),
    region("me-south-1"),
    region("mx-central-1"),
    region("sa-east-1"),
    Region { partition: Partition::China, sends_mail: false, ..region("cn-north-1") },
    Region { partition: Partition::China, sends_mail: false, ..region("cn-northwest-1") },
    Region { partition: Partition::UsGov, ..region("us-gov-east-1") },
    Region { partition: Partition::UsGov, ..region("us-gov-west-1") },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssr_18_every_row_is_a_host_of_aws() {
        for region in TABLE {
            for service in [Service::Sts, Service::Ses] {
                let Host::Name(name) = region.host(service) else { panic!("{region:?}") };
                assert_eq!(name.parse(), Ok(Host::Name(name.clone())), "canonical");
                assert!(name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn"), "{name}");
            }
            assert_eq!(TABLE.iter().filter(|row| row.name == region.name).count(), 1, "{region:?}");
        }
        assert!(Region::of(DEFAULT).is_some_and(|region| region.has(Service::Ses)));
    }

    #[test]
    fn ssr_18_only_whole_names_find_a_row() {
        for name in ["us-east-1.evil.test/", "US-EAST-1", "us-east-1 ", "", "us-east", "us-iso-east-1", "x"] {
            assert_eq!(Region::of(name), None, "{name}");
        }
        let china = Region::of("cn-north-1").unwrap();
        assert_eq!(china.host(Service::Sts).to_string(), "sts.cn-north-1.amazonaws.com.cn");
        assert_eq!(china.partition.name(), "aws-cn");
    }
}
