//! The public face of the crate, as a list: what its root names, and what can be called on it.
//! A change of the list is a change for users: it is made on purpose.

use super::{files, root};
use quote::ToTokens;
use std::collections::BTreeSet;
use syn::{ImplItem, Item, UseTree, Visibility};

/// The names that a `pub use` gives, as users see them.
fn names(tree: &UseTree, into: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => names(&path.tree, into),
        UseTree::Name(name) => drop(into.insert(name.ident.to_string())),
        UseTree::Rename(name) => drop(into.insert(name.rename.to_string())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, into)),
        UseTree::Glob(_) => drop(into.insert("*".to_owned())),
    }
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn hidden(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("doc")
            && attribute.to_token_stream().to_string().contains("hidden")
    })
}

/// Tokens as one would write them.
fn written(tokens: impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    [
        (" . ", "."),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        (" :", ":"),
        (":: ", "::"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ?", "?"),
        ("- >", "->"),
    ]
    .iter()
    .fold(text, |text, (from, to)| text.replace(from, to))
}

fn calls(names: &BTreeSet<String>, of: &[Item], into: &mut BTreeSet<String>) {
    for item in of {
        let Item::Impl(block) = item else { continue };
        let syn::Type::Path(path) = &*block.self_ty else { continue };
        let of = path.path.segments.last().unwrap().ident.to_string();
        if block.trait_.is_some() || !names.contains(&of) {
            continue;
        }
        for item in &block.items {
            if let ImplItem::Fn(function) = item
                && public(&function.vis)
                && !hidden(&function.attrs)
            {
                into.insert(format!("{of}::{}", written(&function.sig)));
            }
        }
    }
}

#[test]
fn the_public_face_of_the_crate_is_the_one_that_is_listed() {
    let source = root().join("core/src");
    let lib = syn::parse_file(&std::fs::read_to_string(source.join("lib.rs")).unwrap()).unwrap();
    let mut shown = BTreeSet::new();
    for item in &lib.items {
        match item {
            Item::Use(item) if public(&item.vis) => names(&item.tree, &mut shown),
            Item::Mod(item) if public(&item.vis) && !hidden(&item.attrs) => {
                shown.insert(format!("mod {}", item.ident));
            }
            _ => {}
        }
    }
    let mut list: BTreeSet<String> = shown.clone();
    for path in files(&source, &[".rs"]) {
        let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
        calls(&shown, &file.items, &mut list);
        // `host`, `id` and `time` are shown whole.
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if ["host.rs", "id.rs", "time.rs"].contains(&&*name) {
            let module = name.trim_end_matches(".rs");
            for item in &file.items {
                let ident = match item {
                    Item::Struct(item) if public(&item.vis) => &item.ident,
                    Item::Enum(item) if public(&item.vis) => &item.ident,
                    Item::Trait(item) if public(&item.vis) => &item.ident,
                    Item::Fn(item) if public(&item.vis) => &item.sig.ident,
                    Item::Const(item) if public(&item.vis) => &item.ident,
                    _ => continue,
                };
                list.insert(format!("{module}::{ident}"));
            }
        }
    }
    let text = list.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    let kept = root().join("core/surface.txt");
    if std::env::var_os("AMENDS_UPDATE_SURFACE").is_some() {
        std::fs::write(&kept, &text).unwrap();
    }
    let listed = std::fs::read_to_string(&kept).unwrap();
    let new: Vec<&str> = text.lines().filter(|line| !listed.lines().any(|l| l == *line)).collect();
    let gone: Vec<&str> = listed.lines().filter(|line| !text.lines().any(|l| l == *line)).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "core/surface.txt lists another face: new {new:#?}, gone {gone:#?}; if that is meant, \
         AMENDS_UPDATE_SURFACE=1 writes it anew"
    );
}
