//! The folder of a test. It is a cassette with more in it.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use divisi_domain::id::TaskId;
use divisi_engine::export::Exported;

use super::{description, readme};
use crate::failure::Failure;

/// The folder of the files that the task was given.
pub(super) const FILES: &str = "files";

/// Refuses a folder that holds anything: exchanges of another task would stay in it.
pub(super) fn check(target: &Path) -> Result<(), Failure> {
    let mut entries = match target.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(target)(error)),
    };
    let sentence =
        || format!("The folder '{}' is not empty: name a new one with --output.", target.display());
    entries.next().map_or(Ok(()), |_| Err(Failure::Input(sentence())))
}

/// Writes all of it. Only the owner may read it.
pub(super) fn write(target: &Path, id: TaskId, exported: &Exported) -> Result<(), Failure> {
    divisi_providers::cassette::write(target, &exported.cassette)
        .map_err(|error| Failure::Other(error.to_string()))?;
    for file in &exported.files {
        put(&target.join(place(&file.name)), &file.bytes)?;
    }
    let description = description::text(exported)
        .map_err(|error| Failure::Other(format!("The test cannot be described: {error}.")))?;
    put(&target.join("test.toml"), description.as_bytes())?;
    put(&target.join("README.md"), readme::text(id, exported).as_bytes())
}

/// Where a file of the task lies in the folder, whatever its name.
pub(super) fn place(name: &str) -> PathBuf {
    let parts = Path::new(name).components().filter_map(|part| match part {
        Component::Normal(part) => Some(part),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
    });
    let place: PathBuf = parts.collect();
    let place = if place.as_os_str().is_empty() { PathBuf::from("unnamed") } else { place };
    Path::new(FILES).join(place)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(refused(folder))?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(refused(path))
}

fn refused(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::Other(format!("'{}' could not be written: {error}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stays_in_the_folder_whatever_its_name() {
        let rows = [
            ("tax.pdf", "files/tax.pdf"),
            ("x/copyright", "files/x/copyright"),
            ("../../etc/passwd", "files/etc/passwd"),
            ("/etc/passwd", "files/etc/passwd"),
            ("./a", "files/a"),
            ("..", "files/unnamed"),
            ("", "files/unnamed"),
        ];
        for (name, lies) in rows {
            assert_eq!(place(name), Path::new(lies), "{name}");
        }
    }
}
