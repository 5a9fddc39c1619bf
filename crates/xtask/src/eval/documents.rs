//! The documents of the questions: where Debian puts them, in which package, and with which hash they were read
//! when the questions were written.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use divisi_tools::corpus::{Attachment, Corpus};
use divisi_tools::documents::{ParseLimits, Parsed, parse};
use serde::Deserialize;

use super::everyday;

/// A document.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    path: String,
    package: String,
    /// BLAKE3 of the bytes when the questions were written. Another edition is read too: then the texts that
    /// are looked for must still stand in it.
    #[serde(default)]
    blake3: Option<String>,
}

/// Documents under one name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    name: String,
    #[serde(default)]
    members: Vec<String>,
    /// All files of a folder that end so, up to a count.
    #[serde(default)]
    folder: Option<Folder>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Folder {
    path: String,
    package: String,
    suffix: String,
    max: usize,
}

#[derive(Debug, Deserialize)]
struct Shelf {
    document: Vec<Document>,
    set: Vec<Set>,
}

/// Parsed documents, each read once.
#[derive(Debug, Default)]
pub(crate) struct Library {
    parsed: BTreeMap<String, Arc<Parsed>>,
    /// Documents whose bytes are not those of the questions' day.
    pub(crate) other_editions: Vec<String>,
}

impl Library {
    /// The corpus of these documents and sets.
    pub(crate) fn corpus(&mut self, names: &[String]) -> anyhow::Result<Arc<Corpus>> {
        Ok(Arc::new(Corpus::build(self.attachments(names)?)))
    }

    /// The documents of these names and sets, in that order.
    pub(crate) fn attachments(&mut self, names: &[String]) -> anyhow::Result<Vec<Attachment>> {
        let shelf: Shelf = toml::from_str(include_str!("questions/documents.toml"))?;
        let mut attachments: Vec<Attachment> = Vec::new();
        for document in
            names.iter().map(|name| resolved(name, &shelf)).collect::<anyhow::Result<Vec<_>>>()?.concat()
        {
            if attachments.iter().all(|known| known.name != document.name) {
                let parsed = Ok(self.parsed(&document)?);
                attachments.push(Attachment { name: document.name, parsed });
            }
        }
        Ok(attachments)
    }

    fn parsed(&mut self, document: &Document) -> anyhow::Result<Arc<Parsed>> {
        if let Some(parsed) = self.parsed.get(&document.name) {
            return Ok(Arc::clone(parsed));
        }
        let bytes = read(document)?;
        let hash = blake3::hash(&bytes).to_hex().to_string();
        if document.blake3.as_ref().is_some_and(|pinned| *pinned != hash) {
            self.other_editions.push(document.name.clone());
        }
        let parsed = parse(&bytes, &document.name, &ParseLimits::default())
            .map_err(|error| anyhow::anyhow!("{}: {error}", document.path))?;
        let parsed = Arc::new(parsed);
        self.parsed.insert(document.name.clone(), Arc::clone(&parsed));
        Ok(parsed)
    }
}

/// The corpus of files of this machine.
pub(crate) fn of_files(paths: &[PathBuf]) -> anyhow::Result<Arc<Corpus>> {
    let mut attachments = Vec::new();
    for path in paths {
        let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let parsed = parse(&bytes, &name, &ParseLimits::default()).map(Arc::new);
        attachments.push(Attachment { name, parsed });
    }
    Ok(Arc::new(Corpus::build(attachments)))
}

fn read(document: &Document) -> anyhow::Result<Vec<u8>> {
    if let Some(text) = everyday::text(&document.name) {
        return Ok(text.as_bytes().to_vec());
    }
    let missing =
        || format!("{} is not there: install the Debian package {}", document.path, document.package);
    let bytes = std::fs::read(&document.path).with_context(missing)?;
    if Path::new(&document.path).extension().is_some_and(|extension| extension == "gz") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
        return Ok(plain);
    }
    Ok(bytes)
}

fn resolved(name: &str, shelf: &Shelf) -> anyhow::Result<Vec<Document>> {
    if everyday::text(name).is_some() {
        return Ok(vec![Document {
            name: name.to_owned(),
            path: name.to_owned(),
            package: String::new(),
            blake3: None,
        }]);
    }
    if let Some(document) = shelf.document.iter().find(|document| document.name == name) {
        return Ok(vec![document.clone()]);
    }
    let Some(set) = shelf.set.iter().find(|set| set.name == name) else {
        bail!("documents.toml has neither a document nor a set '{name}'");
    };
    let mut all = Vec::new();
    for member in &set.members {
        all.extend(resolved(member, shelf)?);
    }
    if let Some(folder) = &set.folder {
        all.extend(in_folder(folder)?);
    }
    Ok(all)
}

fn in_folder(folder: &Folder) -> anyhow::Result<Vec<Document>> {
    let missing = || format!("{} is not there: install the Debian package {}", folder.path, folder.package);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder.path).with_context(missing)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(&folder.suffix) {
            names.push(name);
        }
    }
    names.sort();
    names.truncate(folder.max);
    let document = |name: String| Document {
        path: format!("{}/{name}", folder.path),
        package: folder.package.clone(),
        name,
        blake3: None,
    };
    Ok(names.into_iter().map(document).collect())
}
