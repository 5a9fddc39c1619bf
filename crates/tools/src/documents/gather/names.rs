//! Display names: short, unique, and the same whatever the order of the arguments.

use std::collections::HashMap;
use std::path::Path;

use super::Origin;

/// What standard input is called.
const STDIN_NAME: &str = "stdin";

/// A name for each origin: the last part of its path, with as many parts before it as tell it apart.
pub(super) fn unique(origins: &[Origin]) -> Vec<String> {
    let parts: Vec<Vec<String>> = origins.iter().map(parts).collect();
    let mut used: Vec<usize> = vec![1; parts.len()];
    loop {
        let names: Vec<String> = parts.iter().zip(&used).map(|(parts, used)| suffix(parts, *used)).collect();
        let mut times: HashMap<&str, usize> = HashMap::new();
        for name in &names {
            *times.entry(name).or_default() += 1;
        }
        let mut grown = false;
        for (index, name) in names.iter().enumerate() {
            if times[name.as_str()] > 1 && used[index] < parts[index].len() {
                used[index] += 1;
                grown = true;
            }
        }
        if !grown {
            return names;
        }
    }
}

fn parts(origin: &Origin) -> Vec<String> {
    match origin {
        Origin::Stdin => vec![STDIN_NAME.to_owned()],
        Origin::Path(path) => components(path),
    }
}

fn components(path: &Path) -> Vec<String> {
    let normal = |part: std::path::Component<'_>| match part {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    path.components().filter_map(normal).collect()
}

fn suffix(parts: &[String], count: usize) -> String {
    parts[parts.len().saturating_sub(count)..].join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_grow_only_where_they_collide() {
        let rows: [(&[&str], &[&str]); 4] = [
            (&["/a/GPL-3", "/b/MIT"], &["GPL-3", "MIT"]),
            (&["/a/x/copyright", "/a/y/copyright"], &["x/copyright", "y/copyright"]),
            (&["/a/x/doc/c", "/a/y/doc/c", "/a/z"], &["x/doc/c", "y/doc/c", "z"]),
            (&["/c", "/b/c", "/a/b/c"], &["c", "b/c", "a/b/c"]),
        ];
        for (paths, names) in rows {
            let origins: Vec<Origin> = paths.iter().map(|path| Origin::Path(path.into())).collect();
            assert_eq!(unique(&origins), names);
        }
    }
}
