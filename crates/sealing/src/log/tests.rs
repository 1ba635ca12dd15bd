use std::collections::HashMap;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use strongroom_domain::Timestamp;

use super::*;
use crate::{KeyPurpose, RootKey, SealingError};

/// The leaves of the test data that certificate-transparency's trees are known by.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// Their roots, for 1 to 8 leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn hash(text: &str) -> LogHash {
    LogHash::from_bytes(unhex(text).try_into().unwrap())
}

/// A tree and all its tiles.
#[derive(Default)]
struct Kept {
    tree: Tree,
    tiles: HashMap<TileId, Vec<LogHash>>,
}

impl Kept {
    fn of(leaves: &[LogHash]) -> Self {
        let mut kept = Self::default();
        for (index, leaf) in (0..).zip(leaves) {
            kept.put(Node { level: 0, index }, *leaf);
            for (node, hash) in kept.tree.append(*leaf) {
                kept.put(node, hash);
            }
        }
        kept
    }

    /// Each in its place, and the places in their order.
    fn put(&mut self, node: Node, hash: LogHash) {
        let tile = self.tiles.entry(part_of(node).tile).or_default();
        tile.push(hash);
        assert_eq!(part_of(node).hash(tile), Some(hash));
    }

    fn node(&self, node: Node) -> LogHash {
        let part = part_of(node);
        part.hash(&self.tiles[&part.tile]).unwrap()
    }
}

fn leaves(count: usize) -> Vec<LogHash> {
    (0..count).map(|number| LogHash::of_leaf(&number.to_be_bytes())).collect()
}

#[test]
fn roots_are_those_of_the_known_trees() {
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Tree::default().root(), hash(nothing));
    let mut tree = Tree::default();
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        tree.append(LogHash::of_leaf(&unhex(leaf)));
        assert_eq!(tree.root(), hash(root));
    }
}

/// Proofs of certificate-transparency's test data: (leaf, size) and (old, size), counted from 1 and 0.
#[test]
fn proofs_are_those_of_the_known_trees() {
    let leaves: Vec<_> = LEAVES.iter().map(|leaf| LogHash::of_leaf(&unhex(leaf))).collect();
    let kept = Kept::of(&leaves);
    let path = inclusion(5, 8, &mut |node| kept.node(node)).unwrap();
    let expected = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(path, expected.map(hash));
    let grown = consistency(6, 8, &mut |node| kept.node(node)).unwrap();
    let expected = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(grown, expected.map(hash));
}

/// Every leaf of every tree up to this size, every pair of sizes: generated as the definition says, and verified.
#[test]
fn all_small_trees_prove_all_they_hold() {
    let leaves = leaves(40);
    for size in 0..=leaves.len() {
        let (kept, some) = (Kept::of(&leaves[..size]), &leaves[..size]);
        let (size, root) = (size as u64, reference::root(some));
        assert_eq!(kept.tree.root(), root);
        assert_eq!(root_of(size, &mut |node| kept.node(node)), root);
        for (index, leaf) in some.iter().enumerate() {
            let proof = inclusion(index as u64, size, &mut |node| kept.node(node)).unwrap();
            assert_eq!(proof, reference::path(index, some));
            verify_inclusion(*leaf, index as u64, (size, root), &proof).unwrap();
        }
        assert_eq!(inclusion(size, size, &mut |node| kept.node(node)), None);
        for old in 0..=some.len() {
            let proof = consistency(old as u64, size, &mut |node| kept.node(node)).unwrap();
            if old > 0 {
                assert_eq!(proof, reference::proof(old, some));
            }
            let before = (old as u64, reference::root(&some[..old]));
            verify_consistency(before, (size, root), &proof).unwrap();
        }
        assert_eq!(consistency(size + 1, size, &mut |node| kept.node(node)), None);
    }
}

#[test]
fn a_tree_over_three_levels_of_tiles_proves_all_it_holds() {
    let leaves = leaves(256 * 256 + 256 + 3);
    let kept = Kept::of(&leaves);
    let size = kept.tree.size();
    assert_eq!(kept.tree.root(), reference::root(&leaves));
    let mut ids: Vec<_> = kept.tiles.keys().filter(|id| id.width_in(size) < TILE_WIDTH).collect();
    ids.sort_unstable();
    let edge: Vec<_> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(edge, ["tile/0/257", "tile/1/001", "tile/2/000"]);
    assert!(kept.tiles.iter().all(|(id, hashes)| id.width_in(size) == hashes.len()));
    for (index, old) in [(0, 1), (65_535, 65_536), (65_536, 300), (65_794, 65_537)] {
        let proof = inclusion(index, size, &mut |node| kept.node(node)).unwrap();
        let leaf = leaves[usize::try_from(index).unwrap()];
        verify_inclusion(leaf, index, (size, kept.tree.root()), &proof).unwrap();
        let proof = consistency(old, size, &mut |node| kept.node(node)).unwrap();
        let before = (old, reference::root(&leaves[..usize::try_from(old).unwrap()]));
        verify_consistency(before, (size, kept.tree.root()), &proof).unwrap();
    }
}

#[test]
fn a_tree_is_restored_from_its_peaks_and_no_others() {
    let tree = Kept::of(&leaves(11)).tree;
    assert_eq!(Tree::restore(11, tree.peaks().to_vec()), Ok(tree.clone()));
    assert_eq!(Tree::restore(12, tree.peaks().to_vec()), Err(Damaged));
    assert_eq!(Tree::restore(11, tree.peaks()[1..].to_vec()), Err(Damaged));
}

#[test]
fn tiles_have_the_paths_of_the_specification() {
    let path = |level, number| TileId { level, number }.to_string();
    assert_eq!(path(0, 0), "tile/0/000");
    assert_eq!(path(1, 999), "tile/1/999");
    assert_eq!(path(0, 1_234_067), "tile/0/x001/x234/067");
    assert_eq!(path(0, 1_000), "tile/0/x001/000");
}

proptest! {
    #[test]
    fn appending_in_any_steps_gives_the_naive_root(count in 0_usize..1_500, cut in 0_usize..1_500) {
        let leaves = leaves(count);
        let (first, rest) = leaves.split_at(cut.min(count));
        let kept = Kept::of(first);
        let mut tree = Tree::restore(first.len() as u64, kept.tree.peaks().to_vec()).unwrap();
        for leaf in rest {
            tree.append(*leaf);
        }
        prop_assert_eq!(tree.root(), reference::root(&leaves));
        prop_assert_eq!(tree, Kept::of(&leaves).tree);
    }

    #[test]
    fn log_05_no_changed_proof_holds(size in 2_u64..600, at in any::<u64>(), flip in any::<(usize, u8, u8)>()) {
        let all = leaves(usize::try_from(size).unwrap());
        let kept = Kept::of(&all);
        let (index, root) = (at % size, kept.tree.root());
        let leaf = all[usize::try_from(index).unwrap()];
        let proof = inclusion(index, size, &mut |node| kept.node(node)).unwrap();
        let head = (size, root);
        prop_assert!(verify_inclusion(leaf, index, head, &proof).is_ok());
        prop_assert!(verify_inclusion(LogHash::of_leaf(b"other"), index, head, &proof).is_err());
        prop_assert!(verify_inclusion(leaf, (index + 1) % size, head, &proof).is_err());
        prop_assert!(verify_inclusion(leaf, index, head, &proof[1..]).is_err());
        prop_assert!(verify_inclusion(leaf, index, head, &[&proof[..], &[leaf]].concat()).is_err());
        let mut bent = proof;
        let (which, byte, bit) = (flip.0 % bent.len(), usize::from(flip.1 % 32), flip.2 % 8);
        let mut bytes = *bent[which].as_bytes();
        bytes[byte] ^= 1 << bit;
        bent[which] = LogHash::from_bytes(bytes);
        prop_assert!(verify_inclusion(leaf, index, head, &bent).is_err());
    }

    #[test]
    fn log_05_a_fork_has_no_consistency_proof(size in 2_u64..600, old in 1_u64..600, changed in any::<u64>()) {
        let old = 1 + old % (size - 1);
        let all = leaves(usize::try_from(size).unwrap());
        let mut forked = all.clone();
        let at = usize::try_from(changed % old).unwrap();
        forked[at] = LogHash::of_leaf(b"rewritten");
        let (kept, other) = (Kept::of(&all), Kept::of(&forked));
        let before = (old, reference::root(&all[..usize::try_from(old).unwrap()]));
        let proof = consistency(old, size, &mut |node| other.node(node)).unwrap();
        prop_assert!(verify_consistency(before, (size, other.tree.root()), &proof).is_err());
        let honest = consistency(old, size, &mut |node| kept.node(node)).unwrap();
        prop_assert!(verify_consistency(before, (size, kept.tree.root()), &honest).is_ok());
        prop_assert!(verify_consistency(before, (size, other.tree.root()), &honest).is_err());
        prop_assert!(verify_consistency((size, kept.tree.root()), before, &honest).is_err());
    }
}

// ---- Notes and checkpoints.

fn key(seed: u64) -> LogKey {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let root = RootKey::make(&mut rng);
    LogKey::make(&root, Timestamp::from_unix_micros(1_763_719_200_000_000), &mut rng).0
}

fn head(size: u64) -> Checkpoint {
    Checkpoint { origin: "strongroom/org_1".to_owned(), size, root: LogHash::of_leaf(b"x") }
}

/// The example of C2SP signed-note: of another's making.
#[test]
fn the_note_of_the_specification_is_believed() {
    let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let verifier: Verifier = text.parse().unwrap();
    assert_eq!((verifier.to_string().as_str(), verifier.name()), (text, "PeterNeumann"));
    let words = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n";
    let signature =
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
    let note = format!("{words}\n\u{2014} PeterNeumann {signature}\n");
    assert_eq!(verifier.open(&note), Ok(words));
    assert_eq!(verifier.open(&note.replace("answer", "Answer")), Err(NoteError::Forged));
}

#[test]
fn a_key_is_opened_with_its_root_key_alone() {
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let (root, other) = (RootKey::make(&mut rng), RootKey::make(&mut rng));
    let (key, row) = LogKey::make(&root, Timestamp::from_unix_micros(0), &mut rng);
    let again = LogKey::open(&root, std::slice::from_ref(&row)).unwrap();
    assert_eq!(again.sign(&head(1)), key.sign(&head(1)));
    assert!(matches!(
        LogKey::open(&other, std::slice::from_ref(&row)),
        Err(SealingError::OtherRootKey { .. })
    ));
    let absent = SealingError::KeyAbsent { purpose: KeyPurpose::AuditSigning };
    assert_eq!(LogKey::open(&root, &[]).unwrap_err(), absent);
    let rewrapped = other.rewrap(&root, &row, &mut rng).unwrap();
    assert_eq!(LogKey::open(&other, &[rewrapped]).unwrap().verifier(), key.verifier());
}

#[test]
fn log_07_only_the_trusted_key_is_believed() {
    let (ours, theirs) = (key(1), key(2));
    let note = ours.sign(&head(7));
    assert_eq!(Checkpoint::open(ours.verifier(), &note), Ok(head(7)));
    assert_eq!(Checkpoint::open(theirs.verifier(), &note), Err(NoteError::Unsigned.into()));
    // Same name, another key: the hash of the key tells them apart.
    let named = Verifier::new(ours.verifier().name().to_owned(), *b"another key of thirty-two bytes.");
    assert_eq!(Checkpoint::open(&named, &note), Err(NoteError::Unsigned.into()));
    let bigger = note.replacen("\n7\n", "\n8\n", 1);
    assert_eq!(Checkpoint::open(ours.verifier(), &bigger), Err(NoteError::Forged.into()));
    // A witness's line beside ours is passed over, before it and behind it.
    let foreign = theirs.sign(&head(7));
    let line = foreign.lines().last().unwrap();
    let (text, own) = note.rsplit_once("\n\n").unwrap();
    for both in [format!("{text}\n\n{line}\n{own}"), format!("{note}{line}\n")] {
        assert_eq!(Checkpoint::open(ours.verifier(), &both), Ok(head(7)));
    }
    // Ours twice is once too often.
    assert_eq!(Checkpoint::open(ours.verifier(), &format!("{note}{own}")), Err(NoteError::Forged.into()));
}

#[test]
fn log_07_other_spellings_are_no_notes() {
    let key = key(1);
    let note = key.sign(&head(7));
    let malformed = [
        String::new(),
        note.replace('\n', "\r\n"),
        note.trim_end().to_owned(),
        format!("{note}\n"),
        format!("{note}more text\n"),
        note.replace('\u{2014}', "-"),
        note.replace(key.verifier().name(), "two words"),
        // Not padded, and with bits set that no byte has: the same bytes otherwise.
        format!("{}\n", note.trim_end().trim_end_matches('=')),
        "x".repeat(MAX_NOTE_BYTES + 1),
        format!("{note}{}", "\u{2014} witness AAAAAAA=\n".repeat(16)),
    ];
    for text in malformed {
        let found = Checkpoint::open(key.verifier(), &text);
        assert_eq!(found, Err(NoteError::Malformed.into()), "{text}");
    }
    let root = head(7).root.to_string();
    let loose = format!("{}R=", &root[..root.len() - 2]);
    assert!(loose.parse::<LogHash>().is_err(), "{loose}");
    assert!(root.trim_end_matches('=').parse::<LogHash>().is_err());
}

#[test]
fn log_07_signed_words_that_are_no_checkpoint() {
    let key = key(1);
    let root = head(7).root;
    for text in [
        format!("\n7\n{root}\n"),
        format!("o\n07\n{root}\n"),
        format!("o\n+7\n{root}\n"),
        format!("o\n-7\n{root}\n"),
        format!("o\n18446744073709551616\n{root}\n"),
        format!("o\n7\n{root}\nan extension\n"),
        format!("o\n7\n{root}AA\n"),
        "o\n7\n".to_owned(),
    ] {
        let signature = key.signer_for_tests(&text);
        let note = key.verifier().note(&text, &signature);
        assert_eq!(Checkpoint::open(key.verifier(), &note), Err(CheckpointError.into()), "{text}");
    }
}

#[test]
fn log_07_another_log_and_an_older_size_are_refused() {
    let key = key(1);
    let note = key.sign(&head(7));
    let open = |origin, known| Checkpoint::open_after(key.verifier(), &note, origin, known);
    assert_eq!(open("strongroom/org_1", 7), Ok(head(7)));
    assert_eq!(open("strongroom/org_2", 0), Err(Rejected::Origin));
    assert_eq!(open("strongroom/org_1", 8), Err(Rejected::Older));
}

#[test]
fn log_07_verifier_keys_have_one_spelling() {
    let text = key(1).verifier().to_string();
    assert_eq!(text.parse::<Verifier>().unwrap().to_string(), text);
    let (name, rest) = text.split_once('+').unwrap();
    let (hash, key) = rest.split_once('+').unwrap();
    for wrong in [
        format!("{name}+{}+{key}", hash.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")),
        format!("other+{hash}+{key}"),
        format!("{name}+{hash}"),
        format!("{name}+{hash}+{key}="),
        format!("{name}+{hash}+{}", &key[..43]),
        format!("+{hash}+{key}"),
        format!("{name}+{hash}+Ag=="),
    ] {
        assert_eq!(wrong.parse::<Verifier>(), Err(VerifierError), "{wrong}");
    }
}
