//! For tests: a committed file that is generated from the code.

/// Fails where the file is not `fresh`, after writing it anew.
pub(crate) fn check(path: &str, fresh: &str) {
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    if committed != fresh {
        let folder = std::path::Path::new(path).parent().unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(path, fresh).unwrap();
    }
    assert!(committed == fresh, "{path} was out of date and has been written anew: look at it and commit it");
}
