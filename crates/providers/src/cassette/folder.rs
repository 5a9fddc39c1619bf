//! The folder: one file for each exchange, and one that says what it is. Prompts hold texts of documents, so that only the
//! owner may read it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use divisi_llm::cassette::{
    CASSETTE_BYTES_MAX, Cassette, EXCHANGE_BYTES_MAX, EXCHANGES_MAX, Exchange, ExchangeError, Header,
};

use super::CassetteError;

/// The file by which a folder is known to be a cassette.
pub const HEADER_FILE: &str = "cassette.json";
/// How names of files of exchanges end.
const ENDING: &str = ".json";
/// How names of files end that are not whole yet.
const UNFINISHED: &str = ".part";
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
const HEADER_BYTES_MAX: u64 = 64 << 10;

/// Makes `folder` a cassette, or finds that it is one. A folder that holds anything else is refused.
pub(super) fn open(folder: &Path) -> Result<(), CassetteError> {
    match header(folder) {
        Ok(_) => return Ok(()),
        Err(CassetteError::None(_)) => {}
        Err(error) => return Err(error),
    }
    let made = DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
    made.map_err(CassetteError::io("made", folder))?;
    let mut entries = folder.read_dir().map_err(CassetteError::io("read", folder))?;
    let other = |entry: &std::io::Result<std::fs::DirEntry>| {
        !entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(UNFINISHED))
    };
    if entries.any(|entry| other(&entry)) {
        return Err(CassetteError::Other(folder.to_owned()));
    }
    put(folder, HEADER_FILE, &Header::default().text())
}

fn header(folder: &Path) -> Result<Header, CassetteError> {
    let file = folder.join(HEADER_FILE);
    let text = match text(&file, HEADER_BYTES_MAX) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(CassetteError::None(folder.to_owned()));
        }
        read => read.map_err(CassetteError::io("read", &file))?,
    };
    Header::parse(&text).map_err(|cause| CassetteError::Header { folder: folder.to_owned(), cause })
}

/// Reads a whole cassette.
pub fn read(folder: &Path) -> Result<Cassette, CassetteError> {
    header(folder)?;
    let mut exchanges = Vec::new();
    let mut bytes = 0;
    for file in files(folder)? {
        let (exchange, length) = exchange(&file)?;
        bytes += length;
        exchanges.push(exchange);
        if exchanges.len() > EXCHANGES_MAX || bytes > CASSETTE_BYTES_MAX {
            return Err(CassetteError::TooLarge(folder.to_owned()));
        }
    }
    Ok(Cassette::new(exchanges))
}

/// Writes a whole cassette into a folder that is new, empty, or one already.
pub fn write(folder: &Path, cassette: &Cassette) -> Result<(), CassetteError> {
    open(folder)?;
    cassette.exchanges().try_for_each(|exchange| keep(folder, exchange))
}

/// The files of exchanges, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, CassetteError> {
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(CassetteError::io("read", folder))? {
        let name = entry.map_err(CassetteError::io("read", folder))?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(ENDING) && name != HEADER_FILE {
            files.push(folder.join(name.as_ref()));
        }
    }
    files.sort();
    Ok(files)
}

fn exchange(file: &Path) -> Result<(Exchange, usize), CassetteError> {
    let wrong = |cause| CassetteError::Exchange { file: file.to_owned(), cause };
    let text = match text(file, EXCHANGE_BYTES_MAX as u64) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            return Err(wrong(ExchangeError::Shape("it is not UTF-8 text".to_owned())));
        }
        read => read.map_err(CassetteError::io("read", file))?,
    };
    Ok((Exchange::parse(&text).map_err(wrong)?, text.len()))
}

fn text(file: &Path, bytes_max: u64) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(file)?.take(bytes_max + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// Keeps an exchange in place of one at the same place.
pub(super) fn keep(folder: &Path, exchange: &Exchange) -> Result<(), CassetteError> {
    let name = exchange.place.file_name();
    let wrong = |cause| CassetteError::Exchange { file: folder.join(&name), cause };
    put(folder, &name, &exchange.text().map_err(wrong)?)
}

/// A file is there whole, or as it was before.
fn put(folder: &Path, name: &str, text: &str) -> Result<(), CassetteError> {
    let (part, whole) = (folder.join(format!("{name}{UNFINISHED}")), folder.join(name));
    // One that a process left behind when it died may be anybody's: it is not written into.
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(CassetteError::io("written", &part)(error));
        }
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(&part)
        .map_err(CassetteError::io("written", &part))?;
    file.write_all(text.as_bytes()).map_err(CassetteError::io("written", &part))?;
    std::fs::rename(&part, &whole).map_err(CassetteError::io("written", &whole))
}
