//! Attributes of parsed source: which code is for tests only, and what is asked of the compiler where.

use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::visit::Visit;
use syn::{Attribute, Meta, MetaList, Token};

/// Whether a `#[cfg(…)]` among these holds in test builds only.
pub(super) fn is_test_only(attributes: &[Attribute]) -> bool {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.filter_map(|cfg| cfg.parse_args::<Meta>().ok()).any(|condition| needs_test(&condition))
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(all) if all.path.is_ident("all") => arguments(all).iter().any(needs_test),
        Meta::List(any) if any.path.is_ident("any") => arguments(any).iter().all(needs_test),
        Meta::List(_) | Meta::NameValue(_) => false,
    }
}

fn arguments(list: &MetaList) -> Vec<Meta> {
    let parsed = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    parsed.map(|metas| metas.into_iter().collect()).unwrap_or_default()
}

/// One thing asked of the compiler, and the line where.
pub(super) struct Asked {
    pub(super) line: usize,
    pub(super) meta: Meta,
}

impl Asked {
    pub(super) fn is(&self, name: &str) -> bool {
        self.meta.path().is_ident(name)
    }

    /// Whether a list such as `expect(…)` has an argument `name = …`.
    pub(super) fn says(&self, name: &str) -> bool {
        let Meta::List(list) = &self.meta else { return false };
        arguments(list).iter().any(|argument| argument.path().is_ident(name))
    }
}

/// Every attribute of a file; `cfg_attr(condition, these, …)` counts as these.
pub(super) fn asked(file: &syn::File) -> Vec<Asked> {
    let mut found = Found(Vec::new());
    found.visit_file(file);
    found.0
}

struct Found(Vec<Asked>);

impl<'ast> Visit<'ast> for Found {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.add(attribute.span().start().line, &attribute.meta);
    }
}

impl Found {
    fn add(&mut self, line: usize, meta: &Meta) {
        match meta {
            Meta::List(list) if list.path.is_ident("cfg_attr") => {
                arguments(list).iter().skip(1).for_each(|inner| self.add(line, inner));
            }
            plain => self.0.push(Asked { line, meta: plain.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_conditions_that_need_a_test_build_are_test_only() {
        for (condition, test_only) in [
            ("test", true),
            ("all(unix, test)", true),
            ("any(test, all(test, unix))", true),
            ("any(test, feature = \"planted\")", false),
            ("not(test)", false),
            ("feature = \"test\"", false),
        ] {
            let item: syn::ItemStruct = syn::parse_str(&format!("#[cfg({condition})] struct S;")).unwrap();
            assert_eq!(is_test_only(&item.attrs), test_only, "{condition}");
        }
    }

    #[test]
    fn conditional_attributes_are_unfolded() {
        let file = syn::parse_file("#[cfg_attr(unix, expect(dead_code, reason = \"x\"), ignore)]\nfn f() {}")
            .unwrap();
        let asked = asked(&file);
        assert_eq!(asked.len(), 2);
        assert!(asked[0].is("expect") && asked[0].says("reason") && !asked[0].says("why"));
        assert!(asked[1].is("ignore") && asked[1].line == 1);
    }
}
