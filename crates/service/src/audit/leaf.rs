//! What a leaf commits to: one line of JSON in its only spelling.

use strongroom_domain::ids::{NodeId, OrganizationId, WorkspaceId};
use strongroom_sealing::log::LogHash;

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In the tree of its organization, from 0.
    pub position: u64,
    /// The node that wrote it.
    pub node: NodeId,
    /// Its position in the order of that node.
    pub node_seq: u64,
    /// Where it was committed.
    pub workspace: WorkspaceId,
}

/// The leaf of a record, whose `body` stands in it as it is stored, byte for byte. Without a newline.
pub fn line(place: &Place, body: &str) -> String {
    let Place { position, node, node_seq, workspace } = place;
    format!(
        r#"{{"position":{position},"node":"{node}","node_seq":{node_seq},"workspace":"{workspace}","record":{body}}}"#
    )
}

/// Its hash.
pub fn hash(place: &Place, body: &str) -> LogHash {
    LogHash::of_leaf(line(place, body).as_bytes())
}

/// The leaf of an organization's head in the tree over the heads. Without a newline.
pub fn head_line(organization: OrganizationId, size: u64, root: LogHash) -> String {
    format!(r#"{{"organization":"{organization}","size":{size},"root":"{root}"}}"#)
}

/// The first line of the checkpoints of an organization's tree.
pub fn origin(organization: OrganizationId) -> String {
    format!("strongroom/{organization}")
}

/// The same of the tree over the heads.
pub const SYSTEM_ORIGIN: &str = "strongroom/system";

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written once can be verified for ever: this spelling never changes.
    #[test]
    fn the_lines_are_as_they_always_were() {
        let place = Place {
            position: 7,
            node: NodeId::from_bytes([1; 16]),
            node_seq: 9,
            workspace: WorkspaceId::from_bytes([2; 16]),
        };
        let expected = concat!(
            r#"{"position":7,"node":"node_01010101010101010101010101010101","node_seq":9,"#,
            r#""workspace":"ws_02020202020202020202020202020202","record":{"a": 1}}"#
        );
        assert_eq!(line(&place, r#"{"a": 1}"#), expected);
        let organization = OrganizationId::from_bytes([3; 16]);
        let root = LogHash::of_nothing();
        let expected = concat!(
            r#"{"organization":"org_03030303030303030303030303030303","size":2,"#,
            r#""root":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}"#
        );
        assert_eq!(head_line(organization, 2, root), expected);
        assert_eq!(origin(organization), "strongroom/org_03030303030303030303030303030303");
    }
}
