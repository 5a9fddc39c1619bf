//! A parsed source file, and which of its lines are tests.

use std::ops::RangeInclusive;

use anyhow::anyhow;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, Item, ItemFn, ItemMod, Signature, TraitItemFn};

use super::attributes::is_test_only;

/// A function with a body, closures and nested functions included in its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    /// 1-based, where the signature starts.
    pub(super) line: usize,
    /// From the signature to the closing brace; attributes and docs are not counted.
    pub(super) lines: usize,
}

pub(super) struct RustFile {
    path: String,
    text: String,
    syntax: syn::File,
    functions: Vec<Function>,
    test_lines: Vec<RangeInclusive<usize>>,
    /// `#[cfg(test)] mod name;`: where the module lies, without `.rs`.
    test_modules: Vec<String>,
    is_test: bool,
}

impl RustFile {
    pub(super) fn parse(path: &str, text: &str) -> anyhow::Result<Self> {
        let syntax = syn::parse_file(text)
            .map_err(|error| anyhow!("{path}:{}: {error}", error.span().start().line))?;
        let mut reader =
            Reader { path, functions: Vec::new(), test_lines: Vec::new(), test_modules: Vec::new() };
        reader.visit_file(&syntax);
        let Reader { functions, test_lines, test_modules, .. } = reader;
        let is_test = is_test_only(&syntax.attrs) || lies_among_tests(path);
        let (path, text) = (path.to_owned(), text.to_owned());
        Ok(Self { path, text, syntax, functions, test_lines, test_modules, is_test })
    }

    /// A module that another file declares `#[cfg(test)]` is a test, and so is all below it.
    pub(super) fn mark_test_modules(files: &mut [Self]) {
        let modules: Vec<_> = files.iter().flat_map(|file| file.test_modules.clone()).collect();
        for file in files {
            let module = file.path.trim_end_matches(".rs");
            let below = |declared: &String| module == declared || module.starts_with(&format!("{declared}/"));
            file.is_test |= modules.iter().any(below);
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn syntax(&self) -> &syn::File {
        &self.syntax
    }

    /// The folder under `crates/`.
    pub(super) fn room(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    pub(super) fn is_test(&self) -> bool {
        self.is_test
    }

    pub(super) fn is_test_line(&self, line: usize) -> bool {
        self.is_test || self.test_lines.iter().any(|range| range.contains(&line))
    }

    /// All lines, tests included.
    pub(super) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    pub(super) fn production_lines(&self) -> usize {
        (1..=self.lines()).filter(|line| !self.is_test_line(*line)).count()
    }

    /// Functions that are not part of tests.
    pub(super) fn production_functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter().filter(|function| !self.is_test_line(function.line))
    }
}

fn lies_among_tests(path: &str) -> bool {
    path.split('/').any(|folder| matches!(folder, "tests" | "benches" | "examples"))
}

struct Reader<'a> {
    path: &'a str,
    functions: Vec<Function>,
    test_lines: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
}

impl Reader<'_> {
    fn add(&mut self, signature: &Signature, block: &syn::Block) {
        let (line, end) = (signature.span().start().line, block.span().end().line);
        self.functions.push(Function { name: signature.ident.to_string(), line, lines: end - line + 1 });
    }

    fn cut_tests(&mut self, attributes: &[Attribute], whole: proc_macro2::Span) {
        if is_test_only(attributes) {
            self.test_lines.push(whole.start().line..=whole.end().line);
        }
    }

    /// Where `mod name;` of this file lies: beside a `mod.rs`, else in the folder of the file's own name.
    fn module_place(&self, name: &str) -> String {
        let (folder, file) = self.path.rsplit_once('/').unwrap_or(("", self.path));
        match file.trim_end_matches(".rs") {
            "mod" | "lib" | "main" => format!("{folder}/{name}"),
            stem => format!("{folder}/{stem}/{name}"),
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        self.cut_tests(attributes_of(item), item.span());
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.content.is_none() && is_test_only(&module.attrs) {
            self.test_modules.push(self.module_place(&module.ident.to_string()));
        }
        visit::visit_item_mod(self, module);
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.cut_tests(&function.attrs, function.span());
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str, text: &str) -> RustFile {
        RustFile::parse(path, text).unwrap()
    }

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let text = "/// Doc.\n#[must_use]\nfn one() -> u8 { 1 }\n\
                    impl S {\n    pub fn two(\n        &self,\n    ) {\n        self.x();\n    }\n}\n\
                    trait T { fn declared(); fn three() {\n} }\n";
        let file = parse("crates/a/src/lib.rs", text);
        let found: Vec<_> = file.production_functions().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(found, [("one", 3, 1), ("two", 5, 5), ("three", 11, 2)]);
    }

    #[test]
    fn tests_are_cut_from_the_production_lines() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n\
                    impl S {\n    #[cfg(test)]\n    fn c() {}\n}\n#[cfg(not(test))]\nfn d() {}\n";
        let file = parse("crates/a/src/lib.rs", text);
        assert_eq!((file.lines(), file.production_lines()), (11, 5));
        let names: Vec<_> = file.production_functions().map(|f| f.name.clone()).collect();
        assert_eq!(names, ["a", "d"]);
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_tests_with_all_below_them() {
        let mut files = vec![
            parse("crates/a/src/lib.rs", "#[cfg(test)]\nmod fixtures;\nmod plan;\n"),
            parse("crates/a/src/fixtures.rs", "mod rows;\n"),
            parse("crates/a/src/fixtures/rows.rs", ""),
            parse("crates/a/src/plan.rs", "#[cfg(test)]\nmod tests;\n"),
            parse("crates/a/src/plan/tests.rs", ""),
            parse("crates/a/src/plan/ready.rs", ""),
            parse("crates/a/tests/suite.rs", ""),
            parse("crates/a/src/whole.rs", "#![cfg(test)]\n"),
        ];
        RustFile::mark_test_modules(&mut files);
        let marked: Vec<_> = files.iter().map(RustFile::is_test).collect();
        assert_eq!(marked, [false, true, true, false, true, false, true, true]);
    }

    #[test]
    fn the_room_is_the_folder_under_crates() {
        assert_eq!(parse("crates/store-sqlite/src/lib.rs", "").room(), Some("store-sqlite"));
        assert_eq!(parse("fuzz/plan.rs", "").room(), None);
    }
}
