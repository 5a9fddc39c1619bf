use std::cell::Cell;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use divisi_domain::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::KeyStore;
use crate::disk::{Disk, SystemDisk};
use crate::error::KeyError;
use crate::file::Sealed;
use crate::master::MasterPlace;
use crate::name::KeyName;

const CANARY: &str = "sk-canary-7f3a9c51e2d84b06";
const SET_AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);

struct Room {
    folder: tempfile::TempDir,
    drawn: Cell<u8>,
}

impl Room {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), drawn: Cell::new(0) }
    }

    fn masters(&self) -> PathBuf {
        self.folder.path().join("masters")
    }

    fn store_with(&self, place: MasterPlace) -> KeyStore {
        KeyStore::at(self.folder.path().join("keys.sealed"), place)
    }

    fn store(&self) -> KeyStore {
        self.store_with(MasterPlace::Folder(self.masters()))
    }

    /// Never twice the same bytes.
    #[expect(clippy::unnecessary_wraps, reason = "a system may have no random bytes")]
    fn entropy(&self) -> io::Result<[u8; 32]> {
        self.drawn.set(self.drawn.get() + 1);
        Ok([self.drawn.get(); 32])
    }

    fn set(&self, store: &KeyStore, name: &str, key: &str) -> Result<(), KeyError> {
        store.set(&named(name), &SecretString::from(key), SET_AT, &|| self.entropy())
    }

    fn rotate(&self, store: &KeyStore, to: Option<&Path>) -> Result<String, KeyError> {
        store.rotate(to, &|| self.entropy())
    }

    fn files(&self) -> Vec<PathBuf> {
        let of = |folder: PathBuf| {
            let entries = std::fs::read_dir(folder).into_iter().flatten();
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
        };
        of(self.folder.path().to_owned()).chain(of(self.masters())).collect()
    }
}

fn named(name: &str) -> KeyName {
    name.parse().unwrap()
}

fn key(store: &KeyStore, name: &str) -> Result<Option<String>, KeyError> {
    let opened = store.open()?;
    let key = opened.map(|opened| opened.key(name)).transpose()?.flatten();
    Ok(key.map(|key| key.expose_secret().to_owned()))
}

fn change(store: &KeyStore, changed: impl FnOnce(&mut Sealed)) {
    let mut sealed = Sealed::read(store.file()).unwrap().unwrap();
    changed(&mut sealed);
    std::fs::write(store.file(), sealed.encode()).unwrap();
}

#[test]
fn what_is_set_is_found_again_and_lies_nowhere_in_the_open() {
    let room = Room::new();
    let store = room.store();
    assert_eq!(key(&store, "A").unwrap(), None);
    assert!(store.lines().unwrap().is_empty() && store.master().unwrap().is_none());
    room.set(&store, "B", " sk-b \n").unwrap();
    room.set(&store, "A", "sk-before").unwrap();
    room.set(&store, "A", CANARY).unwrap();
    let found = |name| key(&room.store(), name).unwrap();
    assert_eq!(
        (found("A").as_deref(), found("B").as_deref(), found("C")),
        (Some(CANARY), Some("sk-b"), None)
    );
    let names: Vec<String> = store.lines().unwrap().into_iter().map(|line| line.name).collect();
    assert_eq!(names, ["A", "B"]);
    for file in room.files() {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(8).any(|part| CANARY.as_bytes().starts_with(part)), "{}", file.display());
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    assert_eq!(room.masters().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let debug = format!("{:?} {:?}", store, store.open().unwrap().unwrap());
    assert!(!debug.contains("canary"), "{debug}");
    assert!(store.remove("A").unwrap() && !store.remove("A").unwrap());
    assert_eq!((key(&store, "A").unwrap(), key(&store, "B").unwrap().as_deref()), (None, Some("sk-b")));
    assert!(store.remove_all().unwrap() && !store.remove_all().unwrap());
    assert!(std::fs::read_dir(room.masters()).unwrap().next().is_none(), "its master key is gone, too");
}

#[test]
fn what_was_sealed_for_another_place_is_refused() {
    type Change = fn(&mut Sealed);
    let rows: [(&str, Change); 8] = [
        ("contents exchanged", |sealed| {
            let (a, b) = (sealed.entries[0].clone(), sealed.entries[1].clone());
            (sealed.entries[0].sealed, sealed.entries[0].nonce) = (b.sealed, b.nonce);
            (sealed.entries[1].sealed, sealed.entries[1].nonce) = (a.sealed, a.nonce);
        }),
        ("names exchanged", |sealed| {
            let name = sealed.entries[0].name.clone();
            sealed.entries[0].name = std::mem::replace(&mut sealed.entries[1].name, name);
        }),
        ("another version", |sealed| sealed.entries[0].version += 7),
        ("another time", |sealed| sealed.entries[0].set_at = Timestamp::from_millis(0)),
        ("another store", |sealed| sealed.store[0] ^= 1),
        ("a byte of the sealed key", |sealed| sealed.entries[0].sealed[3] ^= 1),
        ("a byte of the nonce", |sealed| sealed.entries[0].nonce[23] ^= 128),
        ("cut", |sealed| sealed.entries[0].sealed.truncate(16)),
    ];
    for (what, changed) in rows {
        let room = Room::new();
        // The master key stays in its place when the id of the store changes.
        let store = room.store_with(MasterPlace::File(room.folder.path().join("master")));
        room.set(&store, "A", CANARY).unwrap();
        room.set(&store, "B", "sk-other-key-of-the-same-form").unwrap();
        change(&store, changed);
        let refused = key(&store, "A").unwrap_err();
        assert!(matches!(&refused, KeyError::Misplaced { name, .. } if name == "A"), "{what}: {refused}");
        assert!(refused.to_string().contains("divisi keys set A"), "{refused}");
        let rotated = room.rotate(&store, Some(&room.folder.path().join("next")));
        assert!(matches!(rotated, Err(KeyError::Misplaced { .. })), "{what}: nothing is lost in a rotation");
    }
}

#[test]
fn an_entry_of_before_is_no_entry_of_now() {
    let room = Room::new();
    let store = room.store();
    room.set(&store, "A", "sk-leaked").unwrap();
    let old = Sealed::read(store.file()).unwrap().unwrap().entries;
    room.set(&store, "A", CANARY).unwrap();
    change(&store, |sealed| {
        sealed.entries[0].sealed.clone_from(&old[0].sealed);
        sealed.entries[0].nonce = old[0].nonce;
    });
    assert!(matches!(key(&store, "A"), Err(KeyError::Misplaced { .. })));
}

#[test]
fn each_lack_has_its_sentence_and_its_fix() {
    let room = Room::new();
    let file = room.folder.path().join("master");
    let of_file = || room.store_with(MasterPlace::File(file.clone()));
    room.set(&of_file(), "A", CANARY).unwrap();
    let given = |text: &str| {
        let place = MasterPlace::Given(SecretString::from(text.to_owned()), "DIVISI_MASTER_KEY");
        key(&room.store_with(place), "A")
    };
    let right = std::fs::read_to_string(&file).unwrap();
    assert_eq!(given(&right).unwrap().as_deref(), Some(CANARY));
    let base64 =
        data_encoding::BASE64.encode(&data_encoding::HEXLOWER.decode(right.trim().as_bytes()).unwrap());
    assert_eq!(given(&base64).unwrap().as_deref(), Some(CANARY));
    let says = |found: Result<Option<String>, KeyError>, words: &[&str]| {
        let said = found.unwrap_err().to_string();
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!said.contains(right.trim()) && !said.contains("canary"), "{said}");
    };
    says(given(&"ab".repeat(32)), &["another master key", "DIVISI_MASTER_KEY", "divisi keys remove --all"]);
    says(given("changeme"), &["DIVISI_MASTER_KEY holds no master key", "openssl rand -hex 32"]);
    says(key(&room.store(), "A"), &["is not there", "DIVISI_MASTER_KEY_FILE", "remove --all"]);
    says(key(&room.store_with(MasterPlace::Nowhere), "A"), &["no home folder"]);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    says(key(&of_file(), "A"), &["mode 0640", "chmod 600"]);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let whole = std::fs::read(of_file().file()).unwrap();
    std::fs::write(of_file().file(), &whole[..whole.len() - 9]).unwrap();
    says(key(&of_file(), "A"), &["damaged", "backup", "remove --all"]);
    assert!(of_file().remove_all().unwrap(), "what is damaged can be given up");
    room.set(&of_file(), "A", CANARY).unwrap();
    assert_eq!(key(&of_file(), "A").unwrap().as_deref(), Some(CANARY));
}

#[test]
fn what_can_be_no_key_is_not_kept() {
    let room = Room::new();
    let store = room.store();
    for text in ["", "  \n", "two words", "line\nbreak", "schlüssel", &"x".repeat(9_000)] {
        assert!(matches!(room.set(&store, "A", text), Err(KeyError::NotAKey(_))), "{text:.20}");
    }
    let silent = || Ok([0; 32]);
    let refused = store.set(&named("A"), &SecretString::from(CANARY), SET_AT, &silent);
    assert!(matches!(refused, Err(KeyError::Io { .. })), "{refused:?}");
    assert!(!store.file().exists());
}

#[test]
fn a_rotation_changes_the_master_key_and_no_key() {
    let room = Room::new();
    let store = room.store();
    assert!(matches!(room.rotate(&store, None), Err(KeyError::Empty)));
    room.set(&store, "A", CANARY).unwrap();
    room.set(&store, "B", "sk-b").unwrap();
    let (before, masters) = (Sealed::read(store.file()).unwrap().unwrap(), masters_of(&room));
    room.rotate(&store, None).unwrap();
    let after = Sealed::read(store.file()).unwrap().unwrap();
    assert_ne!(before.master, after.master);
    assert_eq!(
        (key(&store, "A").unwrap().as_deref(), key(&store, "B").unwrap().as_deref()),
        (Some(CANARY), Some("sk-b"))
    );
    let now = masters_of(&room);
    assert!(now.len() == 1 && now != masters, "the old one is gone: {now:?}");
    for (old, new) in before.entries.iter().zip(&after.entries) {
        assert!(old.sealed != new.sealed && old.nonce != new.nonce);
    }
}

#[test]
fn a_master_key_of_ones_own_is_rotated_to_a_named_file() {
    let room = Room::new();
    let (old, new) = (room.folder.path().join("old"), room.folder.path().join("new"));
    let store = room.store_with(MasterPlace::File(old.clone()));
    room.set(&store, "A", CANARY).unwrap();
    assert!(matches!(room.rotate(&store, None), Err(KeyError::OwnMaster(_))));
    assert!(matches!(room.rotate(&store, Some(&old)), Err(KeyError::OwnMaster(_))), "the same is no other");
    room.rotate(&store, Some(&new)).unwrap();
    assert!(matches!(key(&store, "A"), Err(KeyError::WrongMaster { .. })));
    let moved = room.store_with(MasterPlace::File(new));
    assert_eq!(key(&moved, "A").unwrap().as_deref(), Some(CANARY));
    assert!(old.is_file(), "a file that somebody named is never removed");
}

fn masters_of(room: &Room) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(room.masters()).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| !is_hidden(path)).collect()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with('.')
}

/// Dies at a step: before it, or in the middle of what it writes. Nothing happens after that.
#[derive(Debug, Clone)]
struct Dying {
    left: Arc<AtomicUsize>,
    torn: bool,
}

impl Dying {
    fn at(step: usize, torn: bool) -> Self {
        Self { left: Arc::new(AtomicUsize::new(step)), torn }
    }

    fn lives(&self) -> bool {
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    fn step(&self, done: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.lives() { done() } else { Err(io::ErrorKind::Interrupted.into()) }
    }
}

impl Disk for Dying {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.lives() {
            return SystemDisk.write(path, bytes);
        }
        let torn = if self.torn { SystemDisk.write(path, &bytes[..bytes.len() / 2]) } else { Ok(()) };
        torn.and(Err(io::ErrorKind::Interrupted.into()))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| SystemDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(|| SystemDisk.remove(path))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step(|| SystemDisk.sync_folder(path))
    }
}

/// Write, rename and sync of the master key and of the store, then removal of the old one and its sync.
const ROTATION_STEPS: usize = 8;

#[test]
fn a_rotation_that_dies_at_any_step_leaves_a_readable_store() {
    for step in 0..=ROTATION_STEPS {
        for torn in [false, true] {
            let room = Room::new();
            let store = room.store();
            room.set(&store, "A", CANARY).unwrap();
            room.set(&store, "B", "sk-b").unwrap();
            let place = MasterPlace::Folder(room.masters());
            let dying = KeyStore::on(store.file().to_owned(), place, Box::new(Dying::at(step, torn)));
            let rotated = room.rotate(&dying, None);
            assert_eq!(rotated.is_ok(), step == ROTATION_STEPS, "step {step}");
            let found = |name| key(&store, name).unwrap();
            assert_eq!(
                (found("A").as_deref(), found("B").as_deref()),
                (Some(CANARY), Some("sk-b")),
                "step {step}"
            );
            // The next one goes through, and nothing of the one that died is left.
            room.rotate(&store, None).unwrap();
            assert_eq!(found("A").as_deref(), Some(CANARY));
            assert_eq!(std::fs::read_dir(room.masters()).unwrap().count(), 1, "step {step}");
        }
    }
}

#[test]
fn a_key_that_is_set_in_a_process_that_dies_is_there_or_not_and_the_others_are() {
    for step in 0..=3 {
        for torn in [false, true] {
            let room = Room::new();
            let store = room.store();
            room.set(&store, "A", CANARY).unwrap();
            let place = MasterPlace::Folder(room.masters());
            let dying = KeyStore::on(store.file().to_owned(), place, Box::new(Dying::at(step, torn)));
            let set = room.set(&dying, "B", "sk-b");
            assert_eq!(set.is_ok(), step == 3, "step {step}");
            assert_eq!(key(&store, "A").unwrap().as_deref(), Some(CANARY), "step {step}");
            assert_eq!(key(&store, "B").unwrap().is_some(), step >= 2, "step {step}");
            room.set(&store, "B", "sk-again").unwrap();
            assert_eq!(key(&store, "B").unwrap().as_deref(), Some("sk-again"));
        }
    }
}
