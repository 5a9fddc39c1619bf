//! A part of a full run.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use divisi_testkit::faults::Extent;

use crate::report::target_folder;

/// The `number`th of `of` parts, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) number: u64,
    pub(crate) of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err("a shard is written 2/8: the second of eight".to_owned()),
        }
    }
}

impl Shard {
    /// Its share of all cases.
    pub(crate) const fn of(self, cases: u64) -> Extent {
        let from = cases * (self.number - 1) / self.of;
        Extent { from, cases: cases * self.number / self.of - from }
    }

    /// Where its result lies.
    pub(crate) fn path(self, name: &str) -> anyhow::Result<PathBuf> {
        Ok(folder()?.join(format!("{name}-{}-of-{}.json", self.number, self.of)))
    }
}

/// Where the results of full runs lie.
pub(crate) fn folder() -> anyhow::Result<PathBuf> {
    let folder = target_folder()?.join("faults");
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(folder)
}

/// The shard that a file's name tells of, for the kind `name`.
pub(crate) fn named(path: &Path, name: &str) -> Option<Shard> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".json")?;
    let rest = stem.strip_prefix(name)?.strip_prefix('-')?;
    let (number, of) = rest.split_once("-of-")?;
    format!("{number}/{of}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_every_case_once() {
        for of in 1..9 {
            for cases in [0, 1, 7, 100] {
                let mut next = 0;
                for number in 1..=of {
                    let extent = Shard { number, of }.of(cases);
                    assert_eq!(extent.from, next);
                    next += extent.cases;
                }
                assert_eq!(next, cases);
            }
        }
    }

    #[test]
    fn names_tell_their_shard() {
        assert_eq!("2/8".parse(), Ok(Shard { number: 2, of: 8 }));
        for bad in ["0/8", "9/8", "x", "1/0", "1"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
        let path = Path::new("/x/power-2-of-8.json");
        assert_eq!(named(path, "power"), Some(Shard { number: 2, of: 8 }));
        assert_eq!(named(path, "pow"), None);
    }
}
