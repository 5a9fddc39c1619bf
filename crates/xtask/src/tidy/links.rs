//! Links between our own pages lead somewhere: the file is there, and so is the heading after `#`.

use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::report::Report;
use super::repository::Repository;

/// Folders whose pages are material for tests, not pages of ours.
const MATERIAL: &[&str] = &["fixtures", "testdata", "tests"];

#[expect(clippy::unnecessary_wraps, reason = "one signature for all checks")]
pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for (path, text) in repository.texts().filter(|(path, _)| is_page(path) && !is_material(path)) {
        for (line, link) in links(text) {
            if let Err(sentence) = follow(repository, path, &link) {
                report.error(path, line, sentence);
            }
        }
    }
    Ok(report)
}

fn is_page(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|kind| kind == "md")
}

fn is_material(path: &str) -> bool {
    path.split('/').any(|folder| MATERIAL.contains(&folder))
}

/// Links and images with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES).into_offset_iter();
    let found = events.filter_map(|(event, range)| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some((range.start, dest_url))
        }
        _ => None,
    });
    found.map(|(at, link)| (text[..at].matches('\n').count() + 1, link.into_string())).collect()
}

fn follow(repository: &Repository, page: &str, link: &str) -> Result<(), String> {
    if leads_outside(link) {
        return Ok(());
    }
    let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
    let target = if file.is_empty() { Some(page.to_owned()) } else { resolve(page, file) };
    let target = target.ok_or_else(|| format!("the link `{link}` leads out of the repository"))?;
    if !repository.holds(&target) {
        return Err(format!("the link `{link}` leads to `{target}`, which is not there"));
    }
    match heading.filter(|_| is_page(&target)) {
        Some(heading)
            if !headings(repository.text(&target).unwrap_or_default()).contains(&heading.to_owned()) =>
        {
            Err(format!("the link `{link}` leads to a heading that `{target}` does not have"))
        }
        _ => Ok(()),
    }
}

fn leads_outside(link: &str) -> bool {
    link.contains("://") || link.starts_with("mailto:")
}

/// The path from the root; a link that begins with `/` counts from there.
pub(super) fn resolve(page: &str, link: &str) -> Option<String> {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = if link.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    parts.retain(|part| !part.is_empty());
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The names by which headings are linked to: lower case, words joined by `-`, a number behind a repeated one.
fn headings(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
            (Event::Text(words) | Event::Code(words), Some(heading)) => heading.push_str(&words),
            (Event::End(TagEnd::Heading(_)), Some(done)) => {
                let name = slug(done);
                let again = names.iter().filter(|other| **other == name || is_numbered(other, &name)).count();
                names.push(if again == 0 { name } else { format!("{name}-{again}") });
                heading = None;
            }
            _ => {}
        }
    }
    names
}

fn is_numbered(other: &str, name: &str) -> bool {
    other
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('-'))
        .is_some_and(|number| number.parse::<u32>().is_ok())
}

fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str =
        "# Divisi\n\n## First five minutes\n\n### `run`: the main job\n\n## Again\n\n## Again\n";

    #[test]
    fn planted_broken_links_are_found() {
        for (link, sound) in [
            ("../README.md", true),
            ("/README.md#first-five-minutes", true),
            ("../README.md#run-the-main-job", true),
            ("../README.md#again-1", true),
            ("../README.md#again-2", false),
            ("../docs", true),
            ("#limits", true),
            ("errors/disk-full.md", false),
            ("../README.md#second", false),
            ("#absent", false),
            ("../../README.md", false),
            ("https://example.org/absent.md", true),
            ("mailto:security@example.org", true),
        ] {
            let page = format!("# Limits\n\nRead [this]({link}).\n");
            let report = check(&Repository::of(&[("docs/limits.md", &page), ("README.md", README)])).unwrap();
            assert_eq!(report.errors().is_empty(), sound, "{link}: {:?}", report.error_lines());
        }
    }

    #[test]
    fn the_line_is_that_of_the_link_and_code_is_not_a_link() {
        let page = "# A\n\n`[x](absent.md)`\n\n```\n[x](absent.md)\n```\n\n![x](absent.png)\n";
        let errors = check(&Repository::of(&[("a.md", page)])).unwrap().error_lines();
        assert_eq!(errors, ["a.md:9: the link `absent.png` leads to `absent.png`, which is not there"]);
    }

    #[test]
    fn material_of_tests_is_left_alone() {
        let report = check(&Repository::of(&[("crates/a/tests/page.md", "[x](absent.md)")])).unwrap();
        assert!(report.errors().is_empty());
    }
}
