//! What each element means for readable text.

/// What an element does to the lines around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A paragraph of its own.
    Block,
    /// Begins a line.
    Line,
    /// Begins a line with a bullet.
    Item,
    /// A cell in a row.
    Cell,
    /// Keeps its white space.
    Preformatted,
    /// A heading of a level.
    Heading(u8),
    /// Runs on in the line.
    Inline,
}

/// How an element is laid out.
pub(super) fn layout(name: &str) -> Layout {
    match name {
        "h1" | "title" => Layout::Heading(1),
        "h2" => Layout::Heading(2),
        "h3" => Layout::Heading(3),
        "h4" => Layout::Heading(4),
        "h5" => Layout::Heading(5),
        "h6" => Layout::Heading(6),
        "pre" | "listing" | "textarea" => Layout::Preformatted,
        "li" => Layout::Item,
        "td" | "th" => Layout::Cell,
        "br" | "tr" | "dd" | "option" | "caption" | "figcaption" => Layout::Line,
        "address" | "article" | "aside" | "blockquote" | "body" | "center" | "details" | "dialog" | "div"
        | "dl" | "dt" | "fieldset" | "figure" | "footer" | "form" | "head" | "header" | "hgroup" | "hr"
        | "html" | "legend" | "main" | "menu" | "nav" | "ol" | "p" | "search" | "section" | "summary"
        | "table" | "ul" => Layout::Block,
        _ => Layout::Inline,
    }
}

/// Elements whose content is no text of the page.
pub(super) fn is_never_text(name: &str) -> bool {
    matches!(name, "script" | "style" | "template" | "svg" | "noscript" | "iframe" | "object" | "noframes")
}

/// Whether an element, by its name and attributes, leads around the page instead of belonging to it.
pub(super) fn is_navigation<'a>(
    name: &str,
    mut attributes: impl Iterator<Item = (&'a str, &'a str)>,
) -> bool {
    const CLASSES: [&str; 6] = ["navheader", "navfooter", "sphinxsidebar", "toc", "headerlink", "related"];
    if !matches!(name, "nav" | "div" | "section" | "aside" | "a" | "span") {
        return false;
    }
    name == "nav"
        || attributes.any(|(key, value)| match key {
            "role" => matches!(value, "navigation" | "search" | "banner"),
            "class" => value.split_ascii_whitespace().any(|class| CLASSES.contains(&class)),
            "hidden" => true,
            "aria-hidden" => value == "true",
            _ => false,
        })
}
