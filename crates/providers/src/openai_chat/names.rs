//! Names that servers give their models.

/// What stands behind the folders of a path: servers of one model call it by its file, and where that lies is nobody's
/// business.
pub(super) fn file_name(id: &str) -> &str {
    let is_path = id.starts_with(['/', '\\', '.', '~']) || id.get(1..3) == Some(":\\");
    if is_path { id.rsplit(['/', '\\']).next().unwrap_or(id) } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let rows = [
            ("/srv/models/a.gguf", "a.gguf"),
            ("C:\\models\\a.gguf", "a.gguf"),
            ("./a.gguf", "a.gguf"),
            ("Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-7B"),
            ("gpt-4o", "gpt-4o"),
            ("", ""),
        ];
        for (id, name) in rows {
            assert_eq!(file_name(id), name);
        }
    }
}
