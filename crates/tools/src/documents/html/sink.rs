//! Takes the tokens of a page and writes its readable text.

use std::cell::{Cell, RefCell};

use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};

use super::elements::{self, Layout};
use super::page::{Gap, Page};
use crate::documents::{ParseLimits, offset};

/// An element whose content is left out, and how many of its name are open inside.
#[derive(Debug)]
struct Skipped {
    name: String,
    open: usize,
}

pub(super) struct Sink {
    page: RefCell<Page>,
    skipped: RefCell<Option<Skipped>>,
    preformatted: Cell<usize>,
    skip_navigation: bool,
}

impl Sink {
    pub(super) fn new(skip_navigation: bool, limits: &ParseLimits) -> Self {
        Self {
            page: RefCell::new(Page::new(limits)),
            skipped: RefCell::new(None),
            preformatted: Cell::new(0),
            skip_navigation,
        }
    }

    /// The page, and whether everything that was left out also ended.
    pub(super) fn into_page(self) -> (Page, bool) {
        let closed = match self.skipped.into_inner() {
            None => true,
            Some(skipped) => elements::is_never_text(&skipped.name),
        };
        (self.page.into_inner(), closed)
    }

    fn characters(&self, text: &str, line_after: u64) {
        if self.skipped.borrow().is_some() {
            return;
        }
        let mut page = self.page.borrow_mut();
        let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
        let mut line = u32::try_from(line_after).unwrap_or(u32::MAX).saturating_sub(offset(breaks)).max(1);
        for character in text.chars() {
            page.take(character, line, self.preformatted.get() > 0);
            line += u32::from(character == '\n');
        }
    }

    /// Whether the tag belongs to something that is left out.
    fn skips(&self, tag: &Tag) -> bool {
        let mut skipped = self.skipped.borrow_mut();
        if let Some(inside) = skipped.as_mut() {
            if *tag.name == *inside.name {
                match tag.kind {
                    TagKind::StartTag => inside.open += usize::from(!tag.self_closing),
                    TagKind::EndTag => inside.open -= 1,
                }
            }
            if inside.open == 0 {
                *skipped = None;
            }
            return true;
        }
        let attributes = || tag.attrs.iter().map(|attribute| (&*attribute.name.local, &*attribute.value));
        let leaves_out = elements::is_never_text(&tag.name)
            || (self.skip_navigation && elements::is_navigation(&tag.name, attributes()));
        if tag.kind == TagKind::StartTag && leaves_out && !tag.self_closing {
            *skipped = Some(Skipped { name: tag.name.to_string(), open: 1 });
            return true;
        }
        false
    }

    fn lay_out(&self, tag: &Tag) {
        let mut page = self.page.borrow_mut();
        let opens = tag.kind == TagKind::StartTag;
        match elements::layout(&tag.name) {
            Layout::Block => page.ask(Gap::Paragraph),
            Layout::Line => page.ask(Gap::Line),
            Layout::Item => {
                page.ask(Gap::Line);
                page.ask_prefix(if opens { "- " } else { "" });
            }
            Layout::Cell => {
                let first = page.line_is_empty();
                page.ask(Gap::Space);
                page.ask_prefix(if opens && !first { " | " } else { "" });
            }
            Layout::Preformatted => {
                page.ask(Gap::Paragraph);
                let open = self.preformatted.get();
                self.preformatted.set(if opens { open + 1 } else { open.saturating_sub(1) });
            }
            Layout::Heading(level) => {
                page.close_heading();
                page.ask(Gap::Paragraph);
                if opens {
                    page.open_heading(level);
                }
            }
            Layout::Inline => {}
        }
    }
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, line_number: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) => self.characters(&text, line_number),
            Token::TagToken(tag) => {
                if !self.skips(&tag) {
                    self.lay_out(&tag);
                }
                return raw_content(&tag);
            }
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose content is not mark-up.
fn raw_content(tag: &Tag) -> TokenSinkResult<()> {
    if tag.kind != TagKind::StartTag {
        return TokenSinkResult::Continue;
    }
    match &*tag.name {
        "script" => TokenSinkResult::RawData(ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(Rawtext),
        "title" | "textarea" => TokenSinkResult::RawData(Rcdata),
        _ => TokenSinkResult::Continue,
    }
}
