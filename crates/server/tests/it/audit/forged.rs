//! Logs that were made anew by somebody who knows how, and older copies that were put back: what only a checkpoint
//! outside the database shows.

use std::fs;

use rusqlite::params;
use strongroom_domain::Scope;
use strongroom_domain::ids::{NodeId, OrganizationId, WorkspaceId};
use strongroom_sealing::log::{LogHash, Tree};
use strongroom_service::audit::leaf::{self, Place};
use strongroom_store_sqlite::{ChainRow, RowKind};
use strongroom_testkit::binary::DevServer;

use super::{Copy, Verified, act, copy, kept, middle};
use crate::promises::PROGRAM;

/// The data of a moment ago is sound in itself; the checkpoints say that there was more.
#[test]
fn log_05_an_older_copy_that_was_put_back_is_found() {
    let rolled_back = Copy::of(&kept().whole());
    fs::remove_dir_all(rolled_back.path().join("data")).unwrap();
    copy(&kept().earlier().join("data"), &rolled_back.path().join("data"));
    rolled_back.verified().broken_by("truncated");
    // Without the checkpoints nobody could know.
    Copy::of(&kept().earlier()).verified().sound();
}

/// A server that goes on from an older copy makes another log, under the same key.
#[test]
fn log_05_a_fork_is_found() {
    let forked = Copy::of(&kept().earlier());
    let server = DevServer::start(PROGRAM, &forked.path());
    act(&server.admin(), 20);
    assert_eq!(server.stop(), Some(0));
    forked.verified().sound();
    let (data, exported) = (forked.path(), kept().whole().join("audit"));
    let verified =
        Verified::of(&["--data", data.to_str().unwrap(), "--exported", exported.to_str().unwrap()]);
    verified.broken_by("root");
}

/// A record is changed, and everything that follows from it as well: chain, leaves, tiles, heads. Only the signatures
/// cannot be made.
#[test]
fn log_05_a_log_that_was_hashed_anew_is_found() {
    let copy = Copy::new();
    let at = middle(&copy);
    copy.harm(&format!("UPDATE audit SET body = replace(body, 'succeeded', 'denied') WHERE node_seq = {at}"));
    hash_anew(&copy);
    let verified = copy.verified();
    let (_, kinds) = verified.broken();
    assert!(kinds.iter().all(|kind| *kind == "root"), "the forgery is not perfect: {verified:?}");
    // The signed heads in the database are taken away too, and what is kept outside is enough.
    copy.harm("DELETE FROM audit_signed_head");
    copy.verified().broken_by("root");
}

/// The heads were signed for a tree that is not there any more.
#[test]
fn log_05_a_log_that_says_it_has_only_begun_is_found() {
    let copy = Copy::new();
    copy.harm(
        "DELETE FROM audit_tile; DELETE FROM audit_leaf; DELETE FROM audit_tree; DELETE FROM audit_head;
         DELETE FROM audit_signed_head; UPDATE audit_order SET node_seq = 0;",
    );
    copy.verified().broken_by("truncated");
    copy.harm("DELETE FROM audit; DELETE FROM event;");
    copy.verified().broken_by("truncated");
}

/// One who restores only the tree over the heads loses the tenant's own.
#[test]
fn log_05_a_tenants_tree_that_was_taken_away_is_found() {
    let copy = Copy::new();
    copy.harm(
        "DELETE FROM audit_tile; DELETE FROM audit_tree WHERE owner <> x'';
         DELETE FROM audit_signed_head WHERE owner <> x'';",
    );
    copy.verified().broken_by("truncated");
    copy.verified().broken_by("unlogged");
}

#[test]
fn log_07_a_head_that_nobody_has_signed_is_found() {
    for harm in [
        "UPDATE audit_signed_head SET note = replace(note, 'strongroom/org', 'strongroom/Org')",
        "UPDATE audit_signed_head SET note = (SELECT note FROM audit_signed_head WHERE owner = x'') WHERE owner <> x''",
        "UPDATE audit_signed_head SET size = size - 1",
        "UPDATE audit_signed_head SET note = ''",
        "DELETE FROM audit_signed_head",
        "DELETE FROM audit_signed_head WHERE owner = x''",
        "DELETE FROM audit_signed_head WHERE owner <> x''",
    ] {
        let copy = Copy::new();
        copy.harm(harm);
        let verified = copy.verified();
        assert_eq!(verified.broken().1[0], "signature", "{harm}");
    }
    let copy = Copy::new();
    let file = copy.path().join("audit/checkpoints");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("strongroom/system\n", "strongroom/system\n1", 1)).unwrap();
    copy.verified().broken_by("signature");
}

/// What whoever knows the code and may write the file can do.
fn hash_anew(copy: &Copy) {
    let mut database = copy.database();
    let transaction = database.transaction().unwrap();
    let rows: Vec<ChainRow> = transaction
        .prepare(
            "SELECT node_seq, 1, organization, workspace, body FROM audit
             UNION ALL SELECT node_seq, 0, organization, workspace, body FROM event ORDER BY 1",
        )
        .unwrap()
        .query_map([], |row| {
            Ok(ChainRow {
                node_seq: row.get::<_, i64>(0)?.unsigned_abs(),
                kind: if row.get(1)? { RowKind::Record } else { RowKind::Event },
                scope: Scope::new(
                    OrganizationId::from_bytes(row.get(2)?),
                    WorkspaceId::from_bytes(row.get(3)?),
                ),
                previous: [0; 32],
                body: row.get(4)?,
            })
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let node = transaction.query_row("SELECT id FROM node", [], |row| row.get(0)).unwrap();
    let node = NodeId::from_bytes(node);
    let (mut previous, mut tree, mut roots) = ([0; 32], Tree::default(), vec![LogHash::of_nothing()]);
    let (mut tile, mut upper) = (Vec::<u8>::new(), Vec::<u8>::new());
    for mut row in rows {
        row.previous = previous;
        previous = row.digest();
        for table in ["audit", "event"] {
            let sql = format!("UPDATE {table} SET previous = ?2 WHERE node_seq = ?1");
            transaction.execute(&sql, params![signed(row.node_seq), row.previous]).unwrap();
        }
        if row.kind == RowKind::Event {
            continue;
        }
        let (position, node_seq, workspace) = (tree.size(), row.node_seq, row.scope.workspace());
        let hash = leaf::hash(&Place { position, node, node_seq, workspace }, &row.body);
        upper.extend(tree.append(hash).into_iter().flat_map(|(_, hash)| *hash.as_bytes()));
        roots.push(tree.root());
        tile.extend(hash.as_bytes());
        let sql = "UPDATE audit_leaf SET hash = ?2 WHERE node_seq = ?1";
        transaction.execute(sql, params![signed(node_seq), hash.as_bytes()]).unwrap();
        if tree.size().is_multiple_of(256) {
            let sql = "UPDATE audit_tile SET hashes = ?2 WHERE level = 0 AND number = ?1";
            transaction.execute(sql, params![signed(tree.size() / 256 - 1), tile]).unwrap();
            tile.clear();
        }
    }
    // A few hundred leaves of a tree of one level of tiles.
    assert!(upper.len() < 256 * 32);
    transaction.execute("UPDATE audit_tile SET hashes = ?1 WHERE level = 1", params![upper]).unwrap();
    let write_head = |owner: &str, tree: &Tree| {
        let peaks: Vec<u8> = tree.peaks().iter().flat_map(|peak| *peak.as_bytes()).collect();
        let sql = format!("UPDATE audit_tree SET root = ?1, peaks = ?2 WHERE owner {owner}");
        transaction.execute(&sql, params![tree.root().as_bytes(), peaks]).unwrap();
    };
    write_head("<> x''", &tree);
    let mut system = Tree::default();
    let lines: Vec<(i64, String)> = transaction
        .prepare("SELECT position, line FROM audit_head ORDER BY position")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (position, line) in lines {
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        let size = told["size"].as_u64().unwrap();
        let organization = told["organization"].as_str().unwrap().parse().unwrap();
        let line = leaf::head_line(organization, size, roots[usize::try_from(size).unwrap()]);
        system.append(LogHash::of_leaf(line.as_bytes()));
        let sql = "UPDATE audit_head SET line = ?2 WHERE position = ?1";
        transaction.execute(sql, params![position, line]).unwrap();
    }
    write_head("= x''", &system);
    transaction.commit().unwrap();
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap()
}
